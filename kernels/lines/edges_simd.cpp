// The stroke's upper and lower edge in each column of a piece, and the rows that they reach.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "kernels/lines/math.hpp"
#include "kernels/lines/simd.hpp"

#ifndef PLOTMILL_KEPT_SLICES
#define PLOTMILL_KEPT_SLICES
namespace plotmill::kernels {
namespace {

/// The slices of a part between kept abscissae, where these are bits of an index: from which abscissa to which, and how
/// wide. Those behind the last one have no width.
struct KeptSlices {
  std::array<std::uint8_t, slices_per_part> from, to, width;
};
[[maybe_unused]] constexpr auto kept_slices = [] {
  std::array<KeptSlices, 1U << slices_per_part> table{};
  for (std::size_t kept = 0; kept < table.size(); ++kept) {
    KeptSlices& slices = table[kept];
    slices.to.fill(slices_per_part);
    std::size_t n = 0;
    std::uint8_t from = 0;
    for (std::uint8_t to = 1; to <= slices_per_part; ++to) {
      if (to < slices_per_part && (kept >> to & 1U) == 0) continue;
      slices.from[n] = from;
      slices.to[n] = to;
      slices.width[n] = static_cast<std::uint8_t>(to - from);
      from = to;
      ++n;
    }
  }
  return table;
}();

}  // namespace
}  // namespace plotmill::kernels
#endif

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

/// The abscissae of a part.
using PartFloats = hn::CappedTag<float, slices_per_part>;
using PartInts = hn::RebindToSigned<PartFloats>;
using PartVector = hn::Vec<PartFloats>;
constexpr PartFloats part_floats;
constexpr PartInts part_ints;

HWY_INLINE int n_lanes() { return static_cast<int>(hn::Lanes(floats)); }

/// The first `n` lanes, all where n is more than that.
HWY_INLINE hn::Mask<Floats> first_lanes(int n) { return hn::FirstN(floats, static_cast<std::size_t>(n)); }

/// What of SegmentEdges is needed here.
struct Segment {
  float x0, y0, x1, dy, inverse_dx, shift, rise;

  HWY_INLINE Segment(const PiecePoints& points, std::size_t k)
      : x0(points.x[k]),
        y0(points.y[k]),
        x1(points.x[k + 1]),
        dy(points.y[k + 1] - y0),
        inverse_dx(points.inverse_dx[k]),
        shift(points.shift[k]),
        rise(points.rise[k]) {}

  [[nodiscard]] bool has_edges() const { return x0 < x1; }

  /// SegmentEdges::y().
  [[nodiscard]] HWY_INLINE Vector y(Vector x, float s) const {
    const auto along = hn::Mul(hn::Sub(x, hn::Set(floats, x0 + s)), hn::Set(floats, inverse_dx));
    const auto share = hn::Min(hn::Max(along, hn::Zero(floats)), hn::Set(floats, 1.0F));
    return hn::Add(hn::Set(floats, y0), hn::Mul(share, hn::Set(floats, dy)));
  }
};

/// Fills the room of `points`.
HWY_INLINE void find_segments(const PiecePoints& points, float radius) {
  const auto r = hn::Set(floats, radius);
  for (std::size_t k = 0; k + 1 < points.n; k += hn::Lanes(floats)) {
    const auto dx = hn::Sub(hn::LoadU(floats, points.x + k + 1), hn::LoadU(floats, points.x + k));
    const auto dy = hn::Sub(hn::LoadU(floats, points.y + k + 1), hn::LoadU(floats, points.y + k));
    const auto length = hn::Sqrt(hn::Add(hn::Mul(dx, dx), hn::Mul(dy, dy)));
    const auto has_length = hn::Gt(length, hn::Zero(floats));
    const auto shift = hn::Min(hn::Max(hn::Div(hn::Mul(r, dy), length), hn::Neg(r)), r);
    hn::StoreU(hn::Div(hn::Set(floats, 1.0F), dx), floats, points.inverse_dx + k);
    hn::StoreU(hn::IfThenElseZero(has_length, shift), floats, points.shift + k);
    hn::StoreU(hn::IfThenElse(has_length, hn::Div(hn::Mul(r, dx), length), r), floats, points.rise + k);
  }
}

/// inverse_rise().
template <class D>
HWY_INLINE hn::Vec<D> inverse_rises(D d, hn::Vec<D> from, hn::Vec<D> to) {
  return hn::Div(hn::Set(d, 1.0F), hn::Max(hn::Abs(hn::Sub(to, from)), hn::Set(d, 0x1p-20F)));
}

/// The pixel rows that hold coordinates, as pixel_of() has it.
HWY_INLINE hn::Vec<Ints> rows_of(Vector coordinate) {
  return hn::ConvertTo(ints, hn::Floor(hn::Add(coordinate, hn::Set(floats, 0.5F))));
}

/// Both edges at the abscissae of some columns.
class Abscissae {
 public:
  Abscissae(const StrokeGrid& grid, const AbscissaEdges& room, int first_column, int last_column)
      : grid_(grid),
        room_(room),
        first_(grid.abscissa_of(first_column)),
        last_(grid.abscissa_of(last_column + 1)),
        pixels_per_abscissa_(1.0F / static_cast<float>(grid.slices)) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (int i = 0; i <= last_ - first_; i += n_lanes()) {
      hn::StoreU(hn::Set(floats, infinity), floats, room_.top + i);
      hn::StoreU(hn::Set(floats, -infinity), floats, room_.bottom + i);
    }
  }

  /// The stroke is empty, at y, from abscissa `from` to `to`.
  HWY_INLINE void set_empty(int from, int to, float y) {
    for (int a = std::max(from, first_); a <= std::min(to, last_); ++a) {
      room_.top[a - first_] = room_.bottom[a - first_] = y;
    }
  }

  HWY_INLINE void include_arcs(const PointArcs& arcs, float centre_x, float centre_y) {
    const auto half_heights = [&](Vector x) {
      const auto d = hn::Sub(x, hn::Set(floats, centre_x));
      const auto square = hn::Sub(hn::Set(floats, grid_.radius * grid_.radius), hn::Mul(d, d));
      return hn::Sqrt(hn::Max(square, hn::Zero(floats)));
    };
    const auto y = hn::Set(floats, centre_y);
    lower_top(arcs.top_from, arcs.top_to, [&](Vector x) { return hn::Sub(y, half_heights(x)); });
    raise_bottom(arcs.bottom_from, arcs.bottom_to, [&](Vector x) { return hn::Add(y, half_heights(x)); });
  }

  HWY_INLINE void include_segment(const Segment& segment) {
    if (!segment.has_edges()) return;
    const float s = segment.shift;
    const auto rise = hn::Set(floats, segment.rise);
    lower_top(segment.x0 + s, segment.x1 + s, [&](Vector x) { return hn::Sub(segment.y(x, s), rise); });
    raise_bottom(segment.x0 - s, segment.x1 - s, [&](Vector x) { return hn::Add(segment.y(x, -s), rise); });
  }

  /// An edge's abscissae, of room.top or room.bottom, from the left end of a column on.
  [[nodiscard]] const float* of_column(const float* edge, int column) const {
    return edge + (grid_.abscissa_of(column) - first_);
  }

 private:
  template <class EdgeAt>
  HWY_INLINE void lower_top(float x_from, float x_to, EdgeAt edge_at) {
    include(room_.top, x_from, x_to, [&](Vector old, Vector x) { return hn::Min(old, edge_at(x)); });
  }
  template <class EdgeAt>
  HWY_INLINE void raise_bottom(float x_from, float x_to, EdgeAt edge_at) {
    include(room_.bottom, x_from, x_to, [&](Vector old, Vector x) { return hn::Max(old, edge_at(x)); });
  }

  /// Replaces an edge at the abscissae from x_from to x_to by changed(edge, x).
  template <class Changed>
  HWY_INLINE void include(float* edge, float x_from, float x_to, Changed changed) {
    const int to = std::min(grid_.last_abscissa(x_to), last_);
    for (int a = std::max(grid_.first_abscissa(x_from), first_); a <= to; a += n_lanes()) {
      float* const at = edge + (a - first_);
      const auto x = hn::Mul(hn::ConvertTo(floats, hn::Iota(ints, a)), hn::Set(floats, pixels_per_abscissa_));
      const auto old = hn::LoadU(floats, at);
      hn::StoreU(hn::IfThenElse(first_lanes(to - a + 1), changed(old, x), old), floats, at);
    }
  }

  StrokeGrid grid_;
  AbscissaEdges room_;
  int first_, last_;
  float pixels_per_abscissa_;
};

/// One edge's slices in one part.
struct PartSlices {
  PartVector least, greatest;
  std::uint32_t n;
};

/// Puts down the slices of a part and, where these are fewer, some without width behind them. width: of an abscissa.
HWY_INLINE PartSlices put_slices(const float* edge, float width, const Slices& out, std::uint32_t at) {
  if constexpr (hn::MaxLanes(part_floats) == slices_per_part) {
    alignas(32) constexpr std::int32_t left_of[] = {0, 0, 0, 2, 0, 4, 4, 6};
    alignas(32) constexpr std::int32_t right_of[] = {0, 2, 4, 4, 8, 6, 8, 8};
    const auto here = hn::LoadU(part_floats, edge);
    const auto end = hn::Set(part_floats, edge[slices_per_part]);
    // Abscissae of the part by their numbers. The vector from the second one on is not loaded; see include().
    const auto at_lanes = [&](hn::Vec<PartInts> i) {
      const auto inner = hn::And(i, hn::Set(part_ints, slices_per_part - 1));
      const auto is_end = hn::RebindMask(part_floats, hn::Eq(i, hn::Set(part_ints, slices_per_part)));
      return hn::IfThenElse(is_end, end, hn::TableLookupLanes(here, hn::IndicesFromVec(part_floats, inner)));
    };
    const auto sum = hn::Add(hn::TableLookupLanes(here, hn::SetTableIndices(part_floats, left_of)),
                             at_lanes(hn::Load(part_ints, right_of)));
    const auto bend = hn::Abs(hn::Sub(sum, hn::Add(here, here)));
    std::uint8_t bits[8] = {};
    (void)hn::StoreMaskBits(part_floats, hn::Gt(bend, hn::Set(part_floats, bent_beyond)), bits);
    const std::uint32_t kept = with_owners(bits[0] & 0xFEU);

    constexpr hn::Rebind<std::uint8_t, PartFloats> bytes;
    const KeptSlices& slices = kept_slices[kept];
    const auto integers = [&](const auto& part) { return hn::PromoteTo(part_ints, hn::LoadU(bytes, part.data())); };
    const auto from = hn::TableLookupLanes(here, hn::IndicesFromVec(part_floats, integers(slices.from)));
    const auto to = at_lanes(integers(slices.to));
    hn::StoreU(from, part_floats, out.from + at);
    hn::StoreU(to, part_floats, out.to + at);
    hn::StoreU(inverse_rises(part_floats, from, to), part_floats, out.inverse + at);
    hn::StoreU(hn::Mul(hn::ConvertTo(part_floats, integers(slices.width)), hn::Set(part_floats, width)), part_floats,
               out.width + at);
    return {hn::Min(from, to), hn::Max(from, to), 1U + static_cast<std::uint32_t>(std::popcount(kept))};
  } else {
    std::uint32_t bent = 0;
    for (int i = 1; i < slices_per_part; ++i) {
      const int l = i & -i;
      if (is_bent(edge[i - l], edge[i], edge[i + l])) bent |= 1U << static_cast<unsigned>(i);
    }
    const KeptSlices& slices = kept_slices[with_owners(bent)];
    auto least = hn::Set(part_floats, edge[0]);
    auto greatest = least;
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < slices_per_part; ++i) {
      const float from = edge[slices.from[i]];
      const float to = edge[slices.to[i]];
      out.from[at + i] = from;
      out.to[at + i] = to;
      out.inverse[at + i] = inverse_rise(from, to);
      out.width[at + i] = static_cast<float>(slices.width[i]) * width;
      least = hn::Min(least, hn::Set(part_floats, std::min(from, to)));
      greatest = hn::Max(greatest, hn::Set(part_floats, std::max(from, to)));
      if (slices.width[i] > 0) ++n;
    }
    return {least, greatest, n};
  }
}

class PieceEdges {
 public:
  PieceEdges(const PiecePoints& points, const StrokeGrid& grid, const PieceColumns& piece, int height,
             const AbscissaEdges& room, const LineEdges& edges, std::uint32_t n_slices, const ColumnRows& rows)
      : points_(points),
        grid_(grid),
        piece_(piece),
        height_(height),
        room_(room),
        edges_(edges),
        n_slices_(n_slices),
        rows_(rows) {}

  /// The columns that the points [from, to) are near to, which follow each other without a gap.
  HWY_INLINE void find_bent(std::size_t from, std::size_t to, int first_column, int last_column) {
    Abscissae abscissae(grid_, room_, first_column, last_column);
    const std::size_t end = points_.n - 1;
    constexpr int far = std::numeric_limits<int>::max();
    if (from == 0) abscissae.set_empty(-far, grid_.abscissa_before(points_.x[0]), points_.y[0]);
    if (to > end) abscissae.set_empty(grid_.abscissa_after(points_.x[end]), far, points_.y[end]);
    for (std::size_t k = from > 0 ? from - 1 : 0; k < std::min(to, end); ++k) {
      abscissae.include_segment(Segment(points_, k));
    }
    for (std::size_t k = from; k < to; ++k) {
      const float before = k > 0 ? points_.shift[k - 1] : 0;
      abscissae.include_arcs({points_.x[k], grid_.radius, k > 0, before, k < end, points_.shift[k]}, points_.x[k],
                             points_.y[k]);
    }
    for (int column = first_column; column <= last_column; ++column) add_bent(abscissae, column);
  }

  /// The columns between points k and k + 1 that are near to neither.
  HWY_INLINE void find_straight(std::size_t k, int first_column, int last_column) {
    const Segment segment(points_, k);
    const float s = segment.shift;
    const auto rise = hn::Set(floats, segment.rise);
    const StraightEdges& out = edges_.straight;
    for (int column = first_column; column <= last_column; column += n_lanes()) {
      const auto centre = hn::ConvertTo(floats, hn::Iota(ints, column));
      const auto from = hn::Sub(centre, hn::Set(floats, 0.5F));
      const auto to = hn::Add(centre, hn::Set(floats, 0.5F));
      const auto top_from = hn::Sub(segment.y(from, s), rise);
      const auto top_to = hn::Sub(segment.y(to, s), rise);
      const auto bottom_from = hn::Add(segment.y(from, -s), rise);
      const auto bottom_to = hn::Add(segment.y(to, -s), rise);
      const std::size_t at = place_of(column);
      hn::StoreU(top_from, floats, out.top_from + at);
      hn::StoreU(top_to, floats, out.top_to + at);
      hn::StoreU(inverse_rises(floats, top_from, top_to), floats, out.inverse_top + at);
      hn::StoreU(bottom_from, floats, out.bottom_from + at);
      hn::StoreU(bottom_to, floats, out.bottom_to + at);
      hn::StoreU(inverse_rises(floats, bottom_from, bottom_to), floats, out.inverse_bottom + at);
      widen(column, last_column, hn::Min(top_from, top_to), hn::Max(bottom_from, bottom_to));
    }
    std::fill(edges_.columns + place_of(first_column), edges_.columns + place_of(last_column) + 1, BentColumn{});
  }

  [[nodiscard]] std::uint32_t n_slices() const { return n_slices_; }

 private:
  [[nodiscard]] std::size_t place_of(int column) const {
    return piece_.begin + static_cast<std::size_t>(column - piece_.first_column);
  }

  HWY_INLINE void add_bent(const Abscissae& abscissae, int column) {
    const std::uint32_t begin = n_slices_;
    const PartSlices bottom = put_edge(abscissae.of_column(room_.bottom, column), 1);
    const PartSlices top = put_edge(abscissae.of_column(room_.top, column), -1);
    const float least = hn::GetLane(hn::MinOfLanes(part_floats, top.least));
    const float greatest = hn::GetLane(hn::MaxOfLanes(part_floats, bottom.greatest));
    rows_.first[column] = std::min(rows_.first[column], std::max(pixel_of(least), 0));
    rows_.last[column] = std::max(rows_.last[column], std::min(pixel_of(greatest), height_ - 1));

    const std::size_t at = place_of(column);
    if (n_slices_ == begin + 2) {
      const StraightEdges& out = edges_.straight;
      const Slices& slices = edges_.slices;
      out.bottom_from[at] = slices.from[begin];
      out.bottom_to[at] = slices.to[begin];
      out.inverse_bottom[at] = slices.inverse[begin];
      out.top_from[at] = slices.from[begin + 1];
      out.top_to[at] = slices.to[begin + 1];
      out.inverse_top[at] = slices.inverse[begin + 1];
      edges_.columns[at] = {};
      n_slices_ = begin;
      return;
    }
    std::fill_n(edges_.slices.width + n_slices_, slices_per_group - 1, 0.0F);
    n_slices_ = begin + (n_slices_ - begin + slices_per_group - 1) / slices_per_group * slices_per_group;
    edges_.columns[at] = {begin, n_slices_ - begin};
  }

  /// Puts down the slices of an edge in one column; `sign` is that of their widths.
  HWY_INLINE PartSlices put_edge(const float* edge, float sign) {
    const float width = sign / static_cast<float>(grid_.slices);
    PartSlices all = put_slices(edge, width, edges_.slices, n_slices_);
    n_slices_ += all.n;
    for (int i = slices_per_part; i < grid_.slices; i += slices_per_part) {
      const PartSlices part = put_slices(edge + i, width, edges_.slices, n_slices_);
      n_slices_ += part.n;
      all.least = hn::Min(all.least, part.least);
      all.greatest = hn::Max(all.greatest, part.greatest);
    }
    return all;
  }

  /// Widens the rows of the columns up to `last`, as many as a vector holds.
  HWY_INLINE void widen(int column, int last, Vector top, Vector bottom) const {
    std::int32_t* const first_row = rows_.first + column;
    std::int32_t* const last_row = rows_.last + column;
    const auto inside = hn::RebindMask(ints, first_lanes(last - column + 1));
    const auto old_first = hn::LoadU(ints, first_row);
    const auto old_last = hn::LoadU(ints, last_row);
    const auto new_first = hn::Min(old_first, hn::Max(rows_of(top), hn::Zero(ints)));
    const auto new_last = hn::Max(old_last, hn::Min(rows_of(bottom), hn::Set(ints, height_ - 1)));
    hn::StoreU(hn::IfThenElse(inside, new_first, old_first), ints, first_row);
    hn::StoreU(hn::IfThenElse(inside, new_last, old_last), ints, last_row);
  }

  PiecePoints points_;
  StrokeGrid grid_;
  PieceColumns piece_;
  int height_;
  AbscissaEdges room_;
  LineEdges edges_;
  std::uint32_t n_slices_;
  ColumnRows rows_;
};

std::uint32_t FindEdges(const PiecePoints& points, const StrokeGrid& grid, const PieceColumns& piece, int height,
                        const AbscissaEdges& room, const LineEdges& edges, std::uint32_t n_slices,
                        const ColumnRows& rows) {
  find_segments(points, grid.radius);
  PieceEdges stroke(points, grid, piece, height, room, edges, n_slices, rows);
  int column = piece.first_column;
  for (std::size_t from = 0; from < points.n;) {
    // The columns near to this point, to the next one, and so on as long as these touch.
    int last = grid.last_near_column(points.x[from]);
    std::size_t to = from + 1;
    for (; to < points.n && grid.first_near_column(points.x[to]) <= last + 1; ++to) {
      last = grid.last_near_column(points.x[to]);
    }
    last = std::min(last, piece.last_column());
    stroke.find_bent(from, to, column, last);
    column = last + 1;
    if (to < points.n) {
      const int next = grid.first_near_column(points.x[to]);
      stroke.find_straight(to - 1, column, next - 1);
      column = next;
    }
    from = to;
  }
  return stroke.n_slices();
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(FindEdges);

std::uint32_t find_edges(const PiecePoints& points, const StrokeGrid& grid, const PieceColumns& piece, int height,
                         const AbscissaEdges& room, const LineEdges& edges, std::uint32_t n_slices,
                         const ColumnRows& rows) {
  return HWY_DYNAMIC_DISPATCH(FindEdges)(points, grid, piece, height, room, edges, n_slices, rows);
}

}  // namespace plotmill::kernels
#endif
