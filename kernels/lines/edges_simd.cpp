// The stroke's upper and lower edge at each abscissa, and the rows that they reach in each column.
#include <algorithm>
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

/// x of the abscissae from `a` on.
template <class D>
HWY_INLINE hn::Vec<D> abscissae_x(D d, int a) {
  return hn::Mul(hn::ConvertTo(d, hn::Iota(hn::RebindToSigned<D>(), a)), hn::Set(d, 1.0F / slices_per_pixel));
}

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
  PieceEdges(const PieceIntervals& piece, const LineEdges& edges, float radius)
      : first_(piece.first_abscissa()),
        last_(piece.last_abscissa()),
        radius_(radius),
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
    const int to = std::min(last_abscissa(centre_x + radius_), last_);
    const auto y = hn::Set(d, centre_y);
    for (int a = std::max(first_abscissa(centre_x - radius_), first_); a <= to; a += step) {
      const auto inside = first_lanes(d, to - a + 1);
      const auto dx = hn::Sub(abscissae_x(d, a), hn::Set(d, centre_x));
      const auto half = hn::Sqrt(hn::Max(hn::Sub(hn::Set(d, radius_ * radius_), hn::Mul(dx, dx)), hn::Zero(d)));
      lower_to(d, top_ + (a - first_), inside, hn::Sub(y, half));
      raise_to(d, bottom_ + (a - first_), inside, hn::Add(y, half));
    }
  }

  HWY_INLINE void include_segment(const SegmentEdges& segment) {
    const auto rise = hn::Set(floats, segment.rise);
    const int top_to = std::min(last_abscissa(segment.to(segment.shift)), last_);
    for (int a = std::max(first_abscissa(segment.from(segment.shift)), first_); a <= top_to; a += n_lanes()) {
      const auto y = hn::Sub(segment_y(segment, a, segment.shift), rise);
      lower_to(floats, top_ + (a - first_), first_lanes(floats, top_to - a + 1), y);
    }
    const int bottom_to = std::min(last_abscissa(segment.to(-segment.shift)), last_);
    for (int a = std::max(first_abscissa(segment.from(-segment.shift)), first_); a <= bottom_to; a += n_lanes()) {
      const auto y = hn::Add(segment_y(segment, a, -segment.shift), rise);
      raise_to(floats, bottom_ + (a - first_), first_lanes(floats, bottom_to - a + 1), y);
    }
  }

  /// Whether the segment lies within what is known already, as far as one vector tells. True for most segments of a
  /// series with many points a pixel, once the discs are known.
  HWY_INLINE bool is_hidden(const SegmentEdges& segment) const {
    const float shift = std::abs(segment.shift);
    const int from = std::max(first_abscissa(segment.from(-shift)), first_);
    const int n = std::min(last_abscissa(segment.to(shift)), last_) - from + 1;
    if (n > n_lanes() || n <= 0) return false;
    // SegmentEdges::y() is never outside the ends' y, rounding included.
    const float y1 = segment.y0 + segment.dy;
    const auto top = hn::LoadU(floats, top_ + (from - first_));
    const auto bottom = hn::LoadU(floats, bottom_ + (from - first_));
    const auto seen = hn::Or(hn::Lt(hn::Set(floats, std::min(segment.y0, y1) - segment.rise), top),
                             hn::Gt(hn::Set(floats, std::max(segment.y0, y1) + segment.rise), bottom));
    return hn::AllFalse(floats, hn::And(first_lanes(floats, n), seen));
  }

  [[nodiscard]] int first() const { return first_; }
  [[nodiscard]] int last() const { return last_; }

 private:
  /// SegmentEdges::y() at n_lanes() abscissae from `a` on.
  HWY_INLINE static Vector segment_y(const SegmentEdges& segment, int a, float s) {
    const auto along =
        hn::Mul(hn::Sub(abscissae_x(floats, a), hn::Set(floats, segment.x0 + s)), hn::Set(floats, segment.inverse_dx));
    const auto share = hn::Min(hn::Max(along, hn::Zero(floats)), hn::Set(floats, 1.0F));
    return hn::Add(hn::Set(floats, segment.y0), hn::Mul(share, hn::Set(floats, segment.dy)));
  }

  int first_, last_;
  float radius_;
  float *top_, *bottom_;
};

void FindEdges(const PiecePoints& points, float radius, const PieceIntervals& piece, const LineEdges& edges) {
  PieceEdges stroke(piece, edges, radius);
  const std::size_t end = points.n - 1;
  const int before = first_abscissa(points.x[0] - radius) - 1;
  const int after = last_abscissa(points.x[end] + radius) + 1;
  stroke.clear();
  stroke.set_empty(stroke.first(), before, points.y[0]);
  stroke.set_empty(std::max(after, stroke.first()), stroke.last(), points.y[end]);
  for (std::size_t k = 0; k <= end; ++k) stroke.include_disc(points.x[k], points.y[k]);
  for (std::size_t k = 0; k < end; ++k) {
    const float x = points.x[k], y = points.y[k], next_x = points.x[k + 1], next_y = points.y[k + 1];
    if (!(x < next_x)) continue;
    const SegmentEdges segment(x, y, next_x, next_y, radius);
    if (!stroke.is_hidden(segment)) stroke.include_segment(segment);
  }
}

/// One edge of n_lanes() columns at their five abscissae.
struct ColumnEdges {
  Vector v0, v1, v2, v3, v4;

  HWY_INLINE explicit ColumnEdges(const float* edge) {
    Vector unused0, unused1, unused2;
    hn::LoadInterleaved4(floats, edge, v0, v1, v2, v3);
    hn::LoadInterleaved4(floats, edge + slices_per_pixel, v4, unused0, unused1, unused2);
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

void FindColumns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height,
                 std::int32_t* first_row, std::int32_t* last_row) {
  std::fill(first_row, first_row + width, height);
  std::fill(last_row, last_row + width, -1);
  for (const PieceIntervals& piece : pieces) {
    for (int i = 0; i < piece.n_columns; i += n_lanes()) {
      const std::size_t at = piece.begin + static_cast<std::size_t>(slices_per_pixel * i);
      const ColumnEdges top(edges.top + at);
      const ColumnEdges bottom(edges.bottom + at);
      const std::size_t column = piece.columns_begin + static_cast<std::size_t>(i);
      const auto straight = hn::And(top.is_straight(), bottom.is_straight());
      hn::StoreU(hn::IfThenElseZero(straight, top.inverse_rise()), floats, edges.inverse_top + column);
      hn::StoreU(hn::IfThenElseZero(straight, bottom.inverse_rise()), floats, edges.inverse_bottom + column);

      std::int32_t* const first = first_row + piece.first_column + i;
      std::int32_t* const last = last_row + piece.first_column + i;
      const auto inside = hn::RebindMask(ints, first_lanes(floats, piece.n_columns - i));
      const auto old_first = hn::LoadU(ints, first);
      const auto old_last = hn::LoadU(ints, last);
      const auto new_first = hn::Min(old_first, hn::Max(rows_of(top.least()), hn::Zero(ints)));
      const auto new_last = hn::Max(old_last, hn::Min(rows_of(bottom.greatest()), hn::Set(ints, height - 1)));
      hn::StoreU(hn::IfThenElse(inside, new_first, old_first), ints, first);
      hn::StoreU(hn::IfThenElse(inside, new_last, old_last), ints, last);
    }
  }
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(FindEdges);
HWY_EXPORT(FindColumns);

void find_edges(const PiecePoints& points, float radius, const PieceIntervals& piece, const LineEdges& edges) {
  HWY_DYNAMIC_DISPATCH(FindEdges)(points, radius, piece, edges);
}

void find_columns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height,
                  std::int32_t* first_row, std::int32_t* last_row) {
  HWY_DYNAMIC_DISPATCH(FindColumns)(pieces, edges, width, height, first_row, last_row);
}

}  // namespace plotmill::kernels
#endif
