// What the ink of a line chart is, number by number. Everything that draws lines (the product, the plain reference of
// the tests, a GPU) takes each single value from here, so that all give the same bits; only the walk over the data
// differs.
//
// Only +, -, *, /, sqrt, floor, ceil, min and max of IEEE 754 numbers in the order written here, without contraction:
// these give the same result on every machine.
//
// The stroke. A piece is a row of points without a gap. Its stroke is the union of its segments, `width` thick, and of
// a disc around each point. As a series is single-valued in x, a vertical line cuts the stroke of a piece in one
// interval [top, bottom]. Top is the least of
//   - the top of each disc that the vertical line meets, and
//   - the upper edge of each segment: the segment moved by the radius along its normal. Beside the moved segment, but
//     still within the segment's own x, the nearer end of the edge; it lies inside a disc, so the stroke covers it.
// Bottom is the mirror image. The interval is taken at n abscissae a pixel (whole numbers a, at x = a/n) and runs
// straight in between; the abscissa just outside either end of a piece has the empty interval at the end point's y.
//
// Parts. n is 4, 8, 16, 32 or 64: an edge bends the more often, the closer points follow each other, and a thin line's
// the more sharply. Column c lies between the abscissae nc - n/2 and nc + n/2, in n/4 equal parts of four slices each.
//
// Coverage. What of a slice is under the stroke and below a height y has the area mean(max(bottom - y, 0)) -
// mean(max(top - y, 0)), times the slice's width. A part within which both edges are straight, as most are where points
// lie apart, is taken as a single slice. Parts are added from the left.
// Pixel (c, r) is what lies below r - 1/2 and not below r + 1/2. The mean of the slices is the coverage; times 255,
// rounded to the nearest integer, half to even, it is what Ink holds. Rows outside those of the least top and the
// greatest bottom of the column's abscissae are paper. Pieces add up to at most 255.
//
// How exact that is: on average over the ink of a chart less than 0.5/255 from the area itself, 0.25/255 of which are
// the rounding (tests/kernels/lines/accuracy_test.cpp; docs/accuracy.md has the figures). Charts that are all spikes
// are up to 0.6/255 off: a tip falls between two abscissae.
//
// The areas are differences of numbers up to the height of the column's stroke, each rounded to 24 bits. That puts
// coverage off by less than 0.1/255 where the stroke crosses 500 rows or less, and by less than 2/255 up to 10,000.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/block/device_code.hpp"

namespace plotmill::kernels {

inline constexpr int slices_per_part = 4;
inline constexpr int most_parts = 16;

/// From values to y in pixels. Values stay doubles until they are normalised: 110,000.01 and 110,000.02 are the same
/// float32, and a chart of such prices is all in what float32 would drop.
struct ValueScale {
  double unit;       ///< 1; 1/2 where hi - lo is beyond the range of a double, which loses nothing of such a range.
  double lo, range;  ///< lo and hi - lo, times unit. The range is above 0, and infinite where all values are lo.
  double bottom_px, span_px;  ///< y of lo; distance from there up to hi.

  /// Of lo < hi, both finite.
  [[nodiscard]] PLOTMILL_DEVICE static ValueScale between(double lo, double hi, double bottom_px, double span_px) {
    const double unit = std::isfinite(hi - lo) ? 1 : 0.5;
    return {unit, lo * unit, hi * unit - lo * unit, bottom_px, span_px};
  }

  /// (value - lo) / (hi - lo), not below 0 and not above 1.
  [[nodiscard]] PLOTMILL_DEVICE float normalised(double value) const {
    const double t = (value * unit - lo) / range;
    return static_cast<float>(lesser(greater(t, 0.0), 1.0));
  }

  /// From the bottom line up.
  [[nodiscard]] PLOTMILL_DEVICE float y(double value) const {
    return static_cast<float>(bottom_px - static_cast<double>(normalised(value)) * span_px);
  }
};

/// x of point k of n_points in pixels.
[[nodiscard]] PLOTMILL_DEVICE inline float point_x(std::size_t k, std::size_t n_points, double margin_px,
                                                   double span_px) {
  if (n_points == 1) return static_cast<float>(margin_px + span_px / 2);
  return static_cast<float>(margin_px + static_cast<double>(k) * span_px / static_cast<double>(n_points - 1));
}

/// Parts of a column. span_px: from the first point to the last; radius: the stroke's.
[[nodiscard]] PLOTMILL_DEVICE inline int parts_of(std::size_t n_points, double span_px, float radius) {
  const auto n_steps = static_cast<double>(n_points - 1);
  const int thin = radius < 0.625F ? 2 : 1;
  if (span_px >= 7 * n_steps) return thin;
  if (span_px >= 2.2 * n_steps) return 2 * thin;
  return (span_px >= 0.6 * n_steps ? 4 : 8) * thin;
}

/// The size of a stroke, and the abscissae at which it is taken.
struct StrokeGrid {
  float radius;
  int parts;  ///< Of a column.

  [[nodiscard]] PLOTMILL_DEVICE int slices() const { return slices_per_part * parts; }

  /// First and last abscissa, inclusive, at x_from or above and at x_to or below. Multiplying by a power of two is
  /// exact.
  [[nodiscard]] PLOTMILL_DEVICE int first_abscissa(float x_from) const {
    return static_cast<int>(std::ceil(x_from * static_cast<float>(slices())));
  }
  [[nodiscard]] PLOTMILL_DEVICE int last_abscissa(float x_to) const {
    return static_cast<int>(std::floor(x_to * static_cast<float>(slices())));
  }
  [[nodiscard]] PLOTMILL_DEVICE float abscissa_x(int a) const {
    return static_cast<float>(a) / static_cast<float>(slices());
  }

  /// The abscissa of a column's left end.
  [[nodiscard]] PLOTMILL_DEVICE int abscissa_of(int column) const { return slices() * column - slices() / 2; }
  /// The column of the slice between abscissae a and a + 1. a >= abscissa_of(0).
  [[nodiscard]] PLOTMILL_DEVICE int column_of_slice(int a) const { return (a + slices() / 2) / slices(); }
};

struct ColumnRange {
  int first, n;
};

/// Columns of an image that a piece's stroke reaches, the empty intervals outside its ends included.
[[nodiscard]] PLOTMILL_DEVICE inline ColumnRange columns_reached(float first_x, float last_x, const StrokeGrid& grid,
                                                                 int width) {
  const float r = grid.radius;
  const int first = grid.column_of_slice(greater(grid.first_abscissa(first_x - r) - 1, grid.abscissa_of(0)));
  const int last = grid.column_of_slice(lesser(grid.last_abscissa(last_x + r) + 1, grid.abscissa_of(width)) - 1);
  return {first, last - first + 1};
}

/// Half the height of a disc of radius r at distance d from its centre; 0 at and beyond its rim.
[[nodiscard]] PLOTMILL_DEVICE inline float disc_half_height(float r, float d) {
  return std::sqrt(greater(r * r - d * d, 0.0F));
}

/// The segment from (x0, y0) to (x1, y1), x0 < x1, of a stroke of radius r.
struct SegmentEdges {
  float x0, y0, x1, dy;
  float inverse_dx;
  float shift, rise;  ///< The upper edge is the segment moved by (shift, -rise), the lower by (-shift, rise).

  PLOTMILL_DEVICE SegmentEdges(float ax, float ay, float bx, float by, float r) : x0(ax), y0(ay), x1(bx), dy(by - ay) {
    const float dx = bx - ax;
    const float length = std::sqrt(dx * dx + dy * dy);
    inverse_dx = 1.0F / dx;
    shift = r * dy / length;
    rise = r * dx / length;
  }

  /// Where the edge moved by `s` along x counts: its own extent and the segment's.
  [[nodiscard]] PLOTMILL_DEVICE float from(float s) const { return lesser(x0 + s, x0); }
  [[nodiscard]] PLOTMILL_DEVICE float to(float s) const { return greater(x1 + s, x1); }

  /// y of the segment moved by s along x, at x; the nearer end beside it.
  [[nodiscard]] PLOTMILL_DEVICE float y(float x, float s) const {
    return y0 + lesser(greater((x - (x0 + s)) * inverse_dx, 0.0F), 1.0F) * dy;
  }
  [[nodiscard]] PLOTMILL_DEVICE float top(float x) const { return y(x, shift) - rise; }
  [[nodiscard]] PLOTMILL_DEVICE float bottom(float x) const { return y(x, -shift) + rise; }
};

inline constexpr float straight_within = 0x1p-10F;

/// Whether an edge, given at a part's five abscissae, is straight within it: to half of 1/1024 px, which is less than
/// 0.1/255 of coverage.
[[nodiscard]] PLOTMILL_DEVICE inline bool is_straight(const float* edge) {
  const auto bend = [&](int a, int b, int c) { return std::abs((edge[a] + edge[c]) - 2 * edge[b]); };
  return bend(0, 2, 4) <= straight_within && bend(0, 1, 2) <= straight_within && bend(2, 3, 4) <= straight_within;
}

/// 1 / the distance that a straight edge rises or falls within a slice. An edge without slope is above or below a
/// height as a whole; any large number then gives the shares 0 and 1 below.
[[nodiscard]] PLOTMILL_DEVICE inline float inverse_rise(float from, float to) {
  return 1.0F / greater(std::abs(to - from), 0x1p-20F);
}

/// How far an edge lies below the height y, 0 above it.
[[nodiscard]] PLOTMILL_DEVICE inline float depth_below(float edge, float y) { return greater(edge - y, 0.0F); }

/// Twice the mean of max(t, 0) while t goes straight from one value to another; p and q are max(t, 0) at either end.
[[nodiscard]] PLOTMILL_DEVICE inline float twice_mean_depth(float p, float q, float inverse) {
  return (p + q) * lesser(greater(p, q) * inverse, 1.0F);
}

/// Twice the mean depth of a part's stroke below a height, from that of its four slices: twice_mean_depth() of the
/// bottom edge less that of the top edge.
[[nodiscard]] PLOTMILL_DEVICE inline float area_of_slices(float s0, float s1, float s2, float s3) {
  return ((s0 + s1) + (s2 + s3)) * 0.25F;
}

/// Adding it leaves no bits for a fraction; the low bits of the sum are the integer.
inline constexpr float to_integer = 0x1p23F;

/// Coverage of a pixel in 255ths from twice the areas below its upper edge and below its lower edge.
[[nodiscard]] PLOTMILL_DEVICE inline int coverage_between(float area_from, float area_to) {
  const float coverage = lesser(greater((area_from - area_to) * (255.0F / 2), 0.0F), 255.0F);
  return static_cast<int>((coverage + to_integer) - to_integer);
}

/// Upper edge of a pixel row.
[[nodiscard]] PLOTMILL_DEVICE inline float row_top(int row) { return static_cast<float>(row) - 0.5F; }

/// The stroke's interval at one abscissa.
struct Interval {
  float top, bottom;
};

/// The pixel row or column that holds a coordinate; coordinates are >= -1/2.
[[nodiscard]] PLOTMILL_DEVICE inline int pixel_of(float coordinate) {
  return static_cast<int>(std::floor(coordinate + 0.5F));
}

}  // namespace plotmill::kernels
