// The stroke's upper and lower edge at each abscissa, and the rows that they reach in each column.
#include <algorithm>
#include <bit>
#include <limits>

#include "kernels/lines/math.hpp"
#include "kernels/lines/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lines/edges_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Ints = hn::RebindToSigned<Floats>;
using Vector = hn::Vec<Floats>;
constexpr Floats floats;
constexpr Ints ints;
/// For the few abscissae of a thin line's disc; a square root of half the lanes takes half the time.
constexpr hn::CappedTag<float, 8> half_floats;

HWY_INLINE int n_lanes() { return static_cast<int>(hn::Lanes(floats)); }

/// The first `n` lanes, all where n is more than that.
template <class D>
HWY_INLINE hn::Mask<D> first_lanes(D d, int n) {
  return hn::FirstN(d, static_cast<std::size_t>(n));
}

template <class D>
HWY_INLINE void lower_to(D d, float* at, hn::Mask<D> lanes, hn::Vec<D> value) {
  const auto old = hn::LoadU(d, at);
  hn::StoreU(hn::IfThenElse(lanes, hn::Min(old, value), old), d, at);
}

template <class D>
HWY_INLINE void raise_to(D d, float* at, hn::Mask<D> lanes, hn::Vec<D> value) {
  const auto old = hn::LoadU(d, at);
  hn::StoreU(hn::IfThenElse(lanes, hn::Max(old, value), old), d, at);
}

/// Edges of one piece, whose arrays begin at abscissa `first` and end at `last`.
class PieceEdges {
 public:
  PieceEdges(const PieceIntervals& piece, const LineEdges& edges, const StrokeGrid& grid)
      : grid_(grid),
        first_(grid.abscissa_of(piece.first_column)),
        last_(grid.abscissa_of(piece.first_column + piece.n_columns)),
        px_per_abscissa_(1.0F / static_cast<float>(grid.slices())),
        top_(edges.top + piece.begin),
        bottom_(edges.bottom + piece.begin) {}

  /// The stroke is nowhere.
  HWY_INLINE void clear() {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (int i = 0; i <= last_ - first_; i += n_lanes()) {
      hn::StoreU(hn::Set(floats, infinity), floats, top_ + i);
      hn::StoreU(hn::Set(floats, -infinity), floats, bottom_ + i);
    }
  }

  /// The stroke is empty, at y, from abscissa `from` to `to`.
  HWY_INLINE void set_empty(int from, int to, float y) {
    for (int a = from; a <= to; ++a) top_[a - first_] = bottom_[a - first_] = y;
  }

  HWY_INLINE void include_disc(float centre_x, float centre_y) {
    constexpr auto d = half_floats;
    const int step = static_cast<int>(hn::Lanes(d));
    const float r = grid_.radius;
    const int to = std::min(grid_.last_abscissa(centre_x + r), last_);
    const auto y = hn::Set(d, centre_y);
    for (int a = std::max(grid_.first_abscissa(centre_x - r), first_); a <= to; a += step) {
      const auto inside = first_lanes(d, to - a + 1);
      const auto dx = hn::Sub(abscissae_x(d, a), hn::Set(d, centre_x));
      const auto half = hn::Sqrt(hn::Max(hn::Sub(hn::Set(d, r * r), hn::Mul(dx, dx)), hn::Zero(d)));
      lower_to(d, top_ + (a - first_), inside, hn::Sub(y, half));
      raise_to(d, bottom_ + (a - first_), inside, hn::Add(y, half));
    }
  }

  HWY_INLINE void include_segment(const SegmentEdges& segment) {
    const auto rise = hn::Set(floats, segment.rise);
    const int top_to = std::min(grid_.last_abscissa(segment.to(segment.shift)), last_);
    for (int a = std::max(grid_.first_abscissa(segment.from(segment.shift)), first_); a <= top_to; a += n_lanes()) {
      const auto y = hn::Sub(segment_y(segment, a, segment.shift), rise);
      lower_to(floats, top_ + (a - first_), first_lanes(floats, top_to - a + 1), y);
    }
    const int bottom_to = std::min(grid_.last_abscissa(segment.to(-segment.shift)), last_);
    for (int a = std::max(grid_.first_abscissa(segment.from(-segment.shift)), first_); a <= bottom_to; a += n_lanes()) {
      const auto y = hn::Add(segment_y(segment, a, -segment.shift), rise);
      raise_to(floats, bottom_ + (a - first_), first_lanes(floats, bottom_to - a + 1), y);
    }
  }

  /// Whether the segment lies within what is known already, as far as a few vectors tell. True for most segments of a
  /// series with many points a pixel, once the discs are known.
  HWY_INLINE bool is_hidden(const SegmentEdges& segment) const {
    const float shift = std::abs(segment.shift);
    const int from = std::max(grid_.first_abscissa(segment.from(-shift)), first_);
    const int to = std::min(grid_.last_abscissa(segment.to(shift)), last_);
    if (to - from >= grid_.parts * n_lanes() || to < from) return false;
    // SegmentEdges::y() is never outside the ends' y, rounding included.
    const float y1 = segment.y0 + segment.dy;
    const auto least = hn::Set(floats, std::min(segment.y0, y1) - segment.rise);
    const auto greatest = hn::Set(floats, std::max(segment.y0, y1) + segment.rise);
    for (int a = from; a <= to; a += n_lanes()) {
      const auto top = hn::LoadU(floats, top_ + (a - first_));
      const auto bottom = hn::LoadU(floats, bottom_ + (a - first_));
      const auto seen = hn::Or(hn::Lt(least, top), hn::Gt(greatest, bottom));
      if (!hn::AllFalse(floats, hn::And(first_lanes(floats, to - a + 1), seen))) return false;
    }
    return true;
  }

  [[nodiscard]] int first() const { return first_; }
  [[nodiscard]] int last() const { return last_; }

 private:
  /// x of the abscissae from `a` on.
  template <class D>
  HWY_INLINE hn::Vec<D> abscissae_x(D d, int a) const {
    return hn::Mul(hn::ConvertTo(d, hn::Iota(hn::RebindToSigned<D>(), a)), hn::Set(d, px_per_abscissa_));
  }

  /// SegmentEdges::y() at n_lanes() abscissae from `a` on.
  HWY_INLINE Vector segment_y(const SegmentEdges& segment, int a, float s) const {
    const auto along =
        hn::Mul(hn::Sub(abscissae_x(floats, a), hn::Set(floats, segment.x0 + s)), hn::Set(floats, segment.inverse_dx));
    const auto share = hn::Min(hn::Max(along, hn::Zero(floats)), hn::Set(floats, 1.0F));
    return hn::Add(hn::Set(floats, segment.y0), hn::Mul(share, hn::Set(floats, segment.dy)));
  }

  StrokeGrid grid_;
  int first_, last_;
  float px_per_abscissa_;
  float *top_, *bottom_;
};

/// Fills the piece's edges at its abscissae.
HWY_INLINE void find_intervals(const PiecePoints& points, const StrokeGrid& grid, const PieceIntervals& piece,
                               const LineEdges& edges) {
  PieceEdges stroke(piece, edges, grid);
  const std::size_t end = points.n - 1;
  const int before = grid.first_abscissa(points.x[0] - grid.radius) - 1;
  const int after = grid.last_abscissa(points.x[end] + grid.radius) + 1;
  stroke.clear();
  stroke.set_empty(stroke.first(), before, points.y[0]);
  stroke.set_empty(std::max(after, stroke.first()), stroke.last(), points.y[end]);
  for (std::size_t k = 0; k <= end; ++k) stroke.include_disc(points.x[k], points.y[k]);
  for (std::size_t k = 0; k < end; ++k) {
    const float x = points.x[k], y = points.y[k], next_x = points.x[k + 1], next_y = points.y[k + 1];
    if (!(x < next_x)) continue;
    const SegmentEdges segment(x, y, next_x, next_y, grid.radius);
    if (!stroke.is_hidden(segment)) stroke.include_segment(segment);
  }
}

/// One edge of n_lanes() parts at their five abscissae.
struct PartEdges {
  Vector v0, v1, v2, v3, v4;

  HWY_INLINE explicit PartEdges(const float* edge) {
    Vector unused0, unused1, unused2;
    hn::LoadInterleaved4(floats, edge, v0, v1, v2, v3);
    hn::LoadInterleaved4(floats, edge + slices_per_part, v4, unused0, unused1, unused2);
  }

  HWY_INLINE Vector least() const { return hn::Min(hn::Min(hn::Min(v0, v1), hn::Min(v2, v3)), v4); }
  HWY_INLINE Vector greatest() const { return hn::Max(hn::Max(hn::Max(v0, v1), hn::Max(v2, v3)), v4); }

  /// is_straight().
  HWY_INLINE hn::Mask<Floats> is_straight() const {
    return hn::And(hn::And(is_straight(v0, v2, v4), is_straight(v0, v1, v2)), is_straight(v2, v3, v4));
  }
  HWY_INLINE Vector inverse_rise() const {
    return hn::Div(hn::Set(floats, 1.0F), hn::Max(hn::Abs(hn::Sub(v4, v0)), hn::Set(floats, 0x1p-20F)));
  }

 private:
  HWY_INLINE static hn::Mask<Floats> is_straight(Vector a, Vector b, Vector c) {
    return hn::Le(hn::Abs(hn::Sub(hn::Add(a, c), hn::Add(b, b))), hn::Set(floats, straight_within));
  }
};

/// The pixel rows that hold coordinates, as pixel_of() has it.
HWY_INLINE hn::Vec<Ints> rows_of(Vector coordinate) {
  return hn::ConvertTo(ints, hn::Floor(hn::Add(coordinate, hn::Set(floats, 0.5F))));
}

/// Widens rows.
class RowsWidener {
 public:
  RowsWidener(const ColumnRows& rows, int height) : rows_(rows), height_(height) {}

  /// Those of n columns, one a lane, from `column` on.
  HWY_INLINE void widen(int column, int n, Vector top, Vector bottom) const {
    const auto inside = hn::RebindMask(ints, first_lanes(floats, n));
    std::int32_t* const first = rows_.first + column;
    std::int32_t* const last = rows_.last + column;
    const auto old_first = hn::LoadU(ints, first);
    const auto old_last = hn::LoadU(ints, last);
    hn::StoreU(hn::IfThenElse(inside, hn::Min(old_first, first_rows(top)), old_first), ints, first);
    hn::StoreU(hn::IfThenElse(inside, hn::Max(old_last, last_rows(bottom)), old_last), ints, last);
  }

  /// Those of columns of several parts: lanes are n parts from `part` of `column` on.
  HWY_INLINE void widen_by_parts(int column, int part, int n, int parts, Vector top, Vector bottom) const {
    std::int32_t first[hn::MaxLanes(ints)], last[hn::MaxLanes(ints)];
    hn::StoreU(first_rows(top), ints, first);
    hn::StoreU(last_rows(bottom), ints, last);
    const int shift = std::countr_zero(static_cast<std::uint32_t>(parts));
    for (int i = 0; i < n; ++i) {
      const int x = column + ((part + i) >> shift);
      rows_.first[x] = std::min(rows_.first[x], first[i]);
      rows_.last[x] = std::max(rows_.last[x], last[i]);
    }
  }

 private:
  HWY_INLINE hn::Vec<Ints> first_rows(Vector top) const { return hn::Max(rows_of(top), hn::Zero(ints)); }
  HWY_INLINE hn::Vec<Ints> last_rows(Vector bottom) const {
    return hn::Min(rows_of(bottom), hn::Set(ints, height_ - 1));
  }

  ColumnRows rows_;
  int height_;
};

/// Fills the piece's inverses and widens the rows of its columns.
HWY_INLINE void find_columns(const StrokeGrid& grid, const PieceIntervals& piece, const LineEdges& edges,
                             const RowsWidener& rows) {
  const int n_parts = grid.parts * piece.n_columns;
  for (int part = 0; part < n_parts; part += n_lanes()) {
    const std::size_t at = piece.begin + static_cast<std::size_t>(slices_per_part * part);
    const PartEdges top(edges.top + at);
    const PartEdges bottom(edges.bottom + at);
    const std::size_t to = piece.parts_begin + static_cast<std::size_t>(part);
    const auto straight = hn::And(top.is_straight(), bottom.is_straight());
    hn::StoreU(hn::IfThenElseZero(straight, top.inverse_rise()), floats, edges.inverse_top + to);
    hn::StoreU(hn::IfThenElseZero(straight, bottom.inverse_rise()), floats, edges.inverse_bottom + to);
    if (grid.parts == 1) {
      rows.widen(piece.first_column + part, n_parts - part, top.least(), bottom.greatest());
    } else {
      rows.widen_by_parts(piece.first_column, part, std::min(n_lanes(), n_parts - part), grid.parts, top.least(),
                          bottom.greatest());
    }
  }
}

void FindEdges(const PiecePoints& points, const StrokeGrid& grid, const PieceIntervals& piece, const LineEdges& edges,
               const ColumnRows& rows, int height) {
  find_intervals(points, grid, piece, edges);
  find_columns(grid, piece, edges, RowsWidener(rows, height));
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(FindEdges);

void find_edges(const PiecePoints& points, const StrokeGrid& grid, const PieceIntervals& piece, const LineEdges& edges,
                const ColumnRows& rows, int height) {
  HWY_DYNAMIC_DISPATCH(FindEdges)(points, grid, piece, edges, rows, height);
}

}  // namespace plotmill::kernels
#endif
