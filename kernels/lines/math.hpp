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
// Bottom is the mirror image. The interval is taken at four abscissae a pixel (whole numbers a, at x = a/4) and runs
// straight in between; the abscissa just outside either end of a piece has the empty interval at the end point's y.
//
// Coverage. Column c lies between the abscissae 4c-2 and 4c+2, in four slices. The part of a slice that is under the
// stroke and below a height y has the area mean(max(bottom - y, 0)) - mean(max(top - y, 0)), times the slice's width.
// A column within which both edges are straight, as most are, is taken as a single slice from 4c-2 to 4c+2.
// Pixel (c, r) is what lies below r - 1/2 and not below r + 1/2. The mean of the slices is the coverage; times 255,
// rounded to the nearest integer, half to even, it is what Ink holds. Rows outside those of the least top and the
// greatest bottom of the column's five abscissae are paper. Pieces add up to at most 255.
//
// The areas are differences of numbers up to the height of the column's stroke, each rounded to 24 bits. That puts
// coverage off by less than 0.1/255 where the stroke crosses 500 rows or less, and by less than 2/255 up to 10,000.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/block/device_code.hpp"

namespace plotmill::kernels {

inline constexpr int slices_per_pixel = 4;

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

/// First and last abscissa, inclusive, with x_from <= a/4 <= x_to. Multiplying by 4 is exact.
[[nodiscard]] PLOTMILL_DEVICE inline int first_abscissa(float x_from) {
  return static_cast<int>(std::ceil(x_from * slices_per_pixel));
}
[[nodiscard]] PLOTMILL_DEVICE inline int last_abscissa(float x_to) {
  return static_cast<int>(std::floor(x_to * slices_per_pixel));
}
[[nodiscard]] PLOTMILL_DEVICE inline float abscissa_x(int a) { return static_cast<float>(a) / slices_per_pixel; }

/// The column of the slice between abscissae a and a + 1. a >= -2.
[[nodiscard]] PLOTMILL_DEVICE inline int column_of_slice(int a) { return (a + 2) / slices_per_pixel; }

struct ColumnRange {
  int first, n;
};

/// Columns of an image that a piece's stroke of radius r reaches, the empty intervals outside its ends included.
[[nodiscard]] PLOTMILL_DEVICE inline ColumnRange columns_reached(float first_x, float last_x, float r, int width) {
  const int least = -slices_per_pixel / 2;
  const int greatest = width * slices_per_pixel + least;
  const int first = column_of_slice(greater(first_abscissa(first_x - r) - 1, least));
  const int last = column_of_slice(lesser(last_abscissa(last_x + r) + 1, greatest) - 1);
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

/// Whether an edge, given at a column's five abscissae, is straight within it: to half of 1/1024 px, which is less than
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

/// Twice the area of a column's stroke below a height, from that of its four slices: twice_mean_depth() of the bottom
/// edge less that of the top edge.
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
