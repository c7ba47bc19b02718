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
//   - the upper edge of each segment: the segment moved by the radius along its normal, between its own two ends, and
//   - the upper arc of each point: its disc's, from the end of the edge before to the begin of the edge after. Where
//     these overlap, as they do on the inner side of a turn, there is none. Before the first segment and after the last
//     one it reaches to the disc's rim.
// Bottom is the mirror image.
//
// Slices. Where no point is as near to a column as the radius, one segment alone makes both edges, and they are
// straight within it. Every other column is 1, 2, 4 or 8 equal parts: 2 where points follow each other in less than
// 4 px, 4 in less than 1 px, 8 in less than 0.3 px. The edges of a part are taken at its nine abscissae (whole numbers
// a, at x = a/slices, a column having 8 slices a part); the abscissa just outside either end of a piece has the empty
// interval at the end point's y. An edge is straight between those of the nine that are kept: the part's ends, and any
// others without which it would lie 1/64 px or more off. Abscissa i of a part, from 0, belongs to i - l and i + l, l
// being the greatest power of two that divides i. It is kept if the edge is more than that off the middle of its values
// at these two, or if an abscissa is kept that belongs to it. So slices become 1, 2, 4 or 8 abscissae wide.
//
// Coverage. The part of a slice that is under the stroke and below a height y has the area
// mean(max(bottom - y, 0)) - mean(max(top - y, 0)), times the slice's width. Bottom's are added from the left, and then
// top's taken from the sum from the left. Pixel (c, r) is what lies below r - 1/2 and not below r + 1/2; times 255,
// rounded to the nearest integer, half to even, it is what Ink holds. Rows outside those of the least top and the
// greatest bottom of the column's kept abscissae are paper. Pieces add up to at most 255.
//
// How exact that is: on average over the ink of a chart less than 0.5/255 from the area itself, 0.25/255 of which are
// the rounding (tests/kernels/lines/accuracy_test.cpp; docs/figures.md has the figures).
//
// The areas are differences of numbers up to the height of the column's stroke, each rounded to 24 bits. That puts
// coverage off by less than 0.1/255 where the stroke crosses 500 rows or less, and by less than 2/255 up to 10,000.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/block/device_code.hpp"

namespace plotmill::kernels {

inline constexpr int slices_per_part = 8;

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

/// Slices of a column in which an edge may bend. span_px: from the first point to the last.
[[nodiscard]] PLOTMILL_DEVICE inline int slices_of(std::size_t n_points, double span_px) {
  const auto n_steps = static_cast<double>(n_points - 1);
  if (span_px >= 4 * n_steps) return slices_per_part;
  if (span_px >= n_steps) return 2 * slices_per_part;
  return (span_px >= 0.3 * n_steps ? 4 : 8) * slices_per_part;
}

/// The size of a stroke, and how finely it is taken.
struct StrokeGrid {
  float radius;
  float reach;  ///< At least `radius`, and no edge lies farther in x from its segment, rounding included.
  int slices;

  PLOTMILL_DEVICE StrokeGrid(float r, int n_slices) : radius(r), reach(r * (1 + 0x1p-20F)), slices(n_slices) {}

  /// First and last abscissa, inclusive, with x_from <= a/slices <= x_to. Multiplying by a power of two is exact.
  [[nodiscard]] PLOTMILL_DEVICE int first_abscissa(float x_from) const {
    return static_cast<int>(std::ceil(x_from * static_cast<float>(slices)));
  }
  [[nodiscard]] PLOTMILL_DEVICE int last_abscissa(float x_to) const {
    return static_cast<int>(std::floor(x_to * static_cast<float>(slices)));
  }
  [[nodiscard]] PLOTMILL_DEVICE float abscissa_x(int a) const {
    return static_cast<float>(a) / static_cast<float>(slices);
  }
  /// The abscissa of a column's left end.
  [[nodiscard]] PLOTMILL_DEVICE int abscissa_of(int column) const { return slices * column - slices / 2; }
  /// The column of the slice between abscissae a and a + 1. a >= -slices / 2.
  [[nodiscard]] PLOTMILL_DEVICE int column_of_slice(int a) const { return (a + slices / 2) / slices; }

  /// Outside of a piece's stroke, and nearest to its first or last point at x.
  [[nodiscard]] PLOTMILL_DEVICE int abscissa_before(float x) const { return first_abscissa(x - radius) - 1; }
  [[nodiscard]] PLOTMILL_DEVICE int abscissa_after(float x) const { return last_abscissa(x + radius) + 1; }

  /// First and last column, inclusive, that a point at x is near to.
  [[nodiscard]] PLOTMILL_DEVICE int first_near_column(float x) const {
    return static_cast<int>(std::ceil((x - reach) - 0.5F));
  }
  [[nodiscard]] PLOTMILL_DEVICE int last_near_column(float x) const {
    return static_cast<int>(std::floor((x + reach) + 0.5F));
  }
};

struct ColumnRange {
  int first, n;
};

/// Columns of an image that a piece's stroke reaches, the empty intervals outside its ends included.
[[nodiscard]] PLOTMILL_DEVICE inline ColumnRange columns_reached(float first_x, float last_x, const StrokeGrid& grid,
                                                                 int width) {
  const int first = grid.column_of_slice(greater(grid.abscissa_before(first_x), grid.abscissa_of(0)));
  const int last = grid.column_of_slice(lesser(grid.abscissa_after(last_x), grid.abscissa_of(width)) - 1);
  return {first, last - first + 1};
}

/// Half the height of a disc of radius r at distance d from its centre; 0 at and beyond its rim.
[[nodiscard]] PLOTMILL_DEVICE inline float disc_half_height(float r, float d) {
  return std::sqrt(greater(r * r - d * d, 0.0F));
}

/// The segment from (x0, y0) to (x1, y1), x0 <= x1, of a stroke of radius r. Where both ends are at one x, it has no
/// edges, and the arcs at its ends say it all.
struct SegmentEdges {
  float x0, y0, x1, dy;
  float inverse_dx;
  float shift, rise;  ///< The upper edge is the segment moved by (shift, -rise), the lower by (-shift, rise).

  PLOTMILL_DEVICE SegmentEdges(float ax, float ay, float bx, float by, float r) : x0(ax), y0(ay), x1(bx), dy(by - ay) {
    const float dx = bx - ax;
    const float length = std::sqrt(dx * dx + dy * dy);
    inverse_dx = 1.0F / dx;
    // Rounding must not move an end beyond the rim of its disc.
    shift = length > 0 ? lesser(greater(r * dy / length, -r), r) : 0;
    rise = length > 0 ? r * dx / length : r;
  }

  [[nodiscard]] PLOTMILL_DEVICE bool has_edges() const { return x0 < x1; }

  /// From where to where the edge moved by `s` along x goes.
  [[nodiscard]] PLOTMILL_DEVICE float from(float s) const { return x0 + s; }
  [[nodiscard]] PLOTMILL_DEVICE float to(float s) const { return x1 + s; }

  /// y of the segment moved by s along x, at x.
  [[nodiscard]] PLOTMILL_DEVICE float y(float x, float s) const {
    return y0 + lesser(greater((x - (x0 + s)) * inverse_dx, 0.0F), 1.0F) * dy;
  }
  [[nodiscard]] PLOTMILL_DEVICE float top(float x) const { return y(x, shift) - rise; }
  [[nodiscard]] PLOTMILL_DEVICE float bottom(float x) const { return y(x, -shift) + rise; }
};

/// The upper and the lower arc of a point at x: from where to where they go. Empty where `from` is greater.
struct PointArcs {
  float top_from, top_to, bottom_from, bottom_to;

  /// before, after: the shifts of the segments; whether there is one.
  PLOTMILL_DEVICE PointArcs(float x, float r, bool has_before, float before, bool has_after, float after)
      : top_from(x + (has_before ? before : -r)),
        top_to(x + (has_after ? after : r)),
        bottom_from(x + (has_before ? -before : -r)),
        bottom_to(x + (has_after ? -after : r)) {}
};

/// Twice what an edge may be off before an abscissa is kept.
inline constexpr float bent_beyond = 0x1p-5F;

/// Whether an edge bends at the middle one of three abscissae.
[[nodiscard]] PLOTMILL_DEVICE inline bool is_bent(float left, float middle, float right) {
  return std::abs((left + right) - 2 * middle) > bent_beyond;
}

/// Abscissae of parts, a bit of a byte for each: those at which an edge bends, and all that they belong to.
[[nodiscard]] PLOTMILL_DEVICE inline std::uint32_t with_owners(std::uint32_t bent) {
  const std::uint32_t odd = bent & 0xAAAAAAAAU;
  bent |= (odd << 1U | odd >> 1U) & 0x44444444U;
  const std::uint32_t even = bent & 0x44444444U;
  return bent | ((even << 2U | even >> 2U) & 0x10101010U);
}

/// 1 / the distance that a straight edge rises or falls within a slice. An edge without slope is above or below a
/// height as a whole; any large number then gives the shares 0 and 1 below.
[[nodiscard]] PLOTMILL_DEVICE inline float inverse_rise(float from, float to) {
  return 1.0F / greater(std::abs(to - from), 0x1p-20F);
}

/// How far an edge lies below the height y, 0 above it.
[[nodiscard]] PLOTMILL_DEVICE inline float depth_below(float edge, float y) { return greater(edge - y, 0.0F); }

/// Twice the area of max(t, 0) while t goes straight from one value to another over `width`, a power of two, which may
/// have a sign; p and q are max(t, 0) at either end.
[[nodiscard]] PLOTMILL_DEVICE inline float twice_depth_area(float p, float q, float inverse, float width) {
  return (p + q) * width * lesser(greater(p, q) * inverse, 1.0F);
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
