// Coverage of the pixels of each column. Lanes are rows.
#include <algorithm>

#include "kernels/lines/math.hpp"
#include "kernels/lines/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lines/cover_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Ints = hn::RebindToSigned<Floats>;
using Vector = hn::Vec<Floats>;
using IntVector = hn::Vec<Ints>;
constexpr Floats floats;
constexpr Ints ints;

HWY_INLINE int n_lanes() { return static_cast<int>(hn::Lanes(floats)); }

HWY_INLINE Vector depths(const float* edge, Vector y) {
  return hn::Max(hn::Sub(hn::Set(floats, *edge), y), hn::Zero(floats));
}

HWY_INLINE Vector twice_mean_depths(Vector p, Vector q, const float* inverse) {
  return hn::Mul(hn::Add(p, q), hn::Min(hn::Mul(hn::Max(p, q), hn::Set(floats, *inverse)), hn::Set(floats, 1.0F)));
}

/// An edge of a column at its abscissae.
using Edge = std::span<const float>;

/// The stroke of a column of one part, by the abscissae of its edges; twice its area below heights y, times `scale`, a
/// power of two that is cheaper to multiply with elsewhere.
class StraightColumn {
 public:
  StraightColumn(const LineEdges& edges, std::size_t at, std::size_t part)
      : top_(edges.top + at),
        bottom_(edges.bottom + at),
        inverse_top_(edges.inverse_top + part),
        inverse_bottom_(edges.inverse_bottom + part) {}

  [[nodiscard]] static constexpr float scale() { return 1; }
  [[nodiscard]] Edge top() const { return {top_, slices_per_part + 1}; }
  [[nodiscard]] Edge bottom() const { return {bottom_, slices_per_part + 1}; }

  [[nodiscard]] HWY_INLINE Vector areas_below(Vector y) const {
    return hn::Sub(twice_mean_depths(depths(bottom_, y), depths(bottom_ + 4, y), inverse_bottom_),
                   twice_mean_depths(depths(top_, y), depths(top_ + 4, y), inverse_top_));
  }

  [[nodiscard]] float area_below(float y) const {
    return twice_mean_depth(depth_below(bottom_[0], y), depth_below(bottom_[4], y), *inverse_bottom_) -
           twice_mean_depth(depth_below(top_[0], y), depth_below(top_[4], y), *inverse_top_);
  }

 private:
  const float *top_, *bottom_, *inverse_top_, *inverse_bottom_;
};

class CurvedColumn {
 public:
  CurvedColumn() = default;

  HWY_INLINE CurvedColumn(const LineEdges& edges, std::size_t at) : top_(edges.top + at), bottom_(edges.bottom + at) {
    set_inverse_rises(top_, inverse_top_);
    set_inverse_rises(bottom_, inverse_bottom_);
  }

  [[nodiscard]] static constexpr float scale() { return slices_per_part; }
  [[nodiscard]] Edge top() const { return {top_, slices_per_part + 1}; }
  [[nodiscard]] Edge bottom() const { return {bottom_, slices_per_part + 1}; }

  [[nodiscard]] HWY_INLINE Vector areas_below(Vector y) const {
    const Slices bottom(bottom_, inverse_bottom_, y);
    const Slices top(top_, inverse_top_, y);
    return hn::Add(hn::Add(hn::Sub(bottom.v0, top.v0), hn::Sub(bottom.v1, top.v1)),
                   hn::Add(hn::Sub(bottom.v2, top.v2), hn::Sub(bottom.v3, top.v3)));
  }

  [[nodiscard]] float area_below(float y) const {
    const auto slice = [&](std::size_t i) {
      return twice_mean_depth(depth_below(bottom_[i], y), depth_below(bottom_[i + 1], y), inverse_bottom_[i]) -
             twice_mean_depth(depth_below(top_[i], y), depth_below(top_[i + 1], y), inverse_top_[i]);
    };
    return area_of_slices(slice(0), slice(1), slice(2), slice(3)) * scale();
  }

 private:
  struct Slices {
    Vector v0, v1, v2, v3;

    HWY_INLINE Slices(const float* edge, const float* inverse, Vector y) {
      const auto p0 = depths(edge, y);
      const auto p1 = depths(edge + 1, y);
      const auto p2 = depths(edge + 2, y);
      const auto p3 = depths(edge + 3, y);
      const auto p4 = depths(edge + 4, y);
      v0 = twice_mean_depths(p0, p1, inverse);
      v1 = twice_mean_depths(p1, p2, inverse + 1);
      v2 = twice_mean_depths(p2, p3, inverse + 2);
      v3 = twice_mean_depths(p3, p4, inverse + 3);
    }
  };

  HWY_INLINE static void set_inverse_rises(const float* edge, float* inverse) {
    constexpr hn::CappedTag<float, slices_per_part> d;
    for (std::size_t i = 0; i < slices_per_part; i += hn::Lanes(d)) {
      const auto rise = hn::Abs(hn::Sub(hn::LoadU(d, edge + i + 1), hn::LoadU(d, edge + i)));
      hn::StoreU(hn::Div(hn::Set(d, 1.0F), hn::Max(rise, hn::Set(d, 0x1p-20F))), d, inverse + i);
    }
  }

  const float *top_, *bottom_;
  float inverse_top_[slices_per_part], inverse_bottom_[slices_per_part];
};

/// The stroke of a column of several parts.
class PartedColumn {
 public:
  PartedColumn(const LineEdges& edges, const StrokeGrid& grid, std::size_t at, std::size_t part)
      : edges_(edges), at_(at), part_(part), n_(static_cast<std::size_t>(grid.parts)) {
    for (std::size_t i = 0; i < n_; ++i) {
      if (!is_straight(i)) curved_[i] = CurvedColumn(edges, at_of(i));
    }
  }

  [[nodiscard]] float scale() const { return static_cast<float>(n_); }
  [[nodiscard]] Edge top() const { return {edges_.top + at_, slices_per_part * n_ + 1}; }
  [[nodiscard]] Edge bottom() const { return {edges_.bottom + at_, slices_per_part * n_ + 1}; }

  [[nodiscard]] HWY_INLINE Vector areas_below(Vector y) const {
    auto sum = hn::Zero(floats);
    for (std::size_t i = 0; i < n_; ++i) {
      sum =
          hn::Add(sum, is_straight(i) ? straight(i).areas_below(y)
                                      : hn::Mul(curved_[i].areas_below(y), hn::Set(floats, 1 / CurvedColumn::scale())));
    }
    return sum;
  }

  [[nodiscard]] float area_below(float y) const {
    float sum = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      sum += is_straight(i) ? straight(i).area_below(y) : curved_[i].area_below(y) * (1 / CurvedColumn::scale());
    }
    return sum;
  }

 private:
  [[nodiscard]] bool is_straight(std::size_t i) const { return edges_.inverse_top[part_ + i] > 0; }
  [[nodiscard]] std::size_t at_of(std::size_t i) const { return at_ + slices_per_part * i; }
  [[nodiscard]] StraightColumn straight(std::size_t i) const { return {edges_, at_of(i), part_ + i}; }

  const LineEdges& edges_;
  std::size_t at_, part_, n_;
  CurvedColumn curved_[most_parts];
};

/// Upper edges of n_lanes() rows from `row` on.
HWY_INLINE Vector row_tops(int row) {
  return hn::Sub(hn::ConvertTo(floats, hn::Iota(ints, row)), hn::Set(floats, 0.5F));
}

/// coverage_between() of areas below the upper and the lower edges of rows, times `scale`.
HWY_INLINE IntVector coverages_between(Vector area_from, Vector area_to, float scale) {
  const auto coverage =
      hn::Min(hn::Max(hn::Mul(hn::Sub(area_from, area_to), hn::Set(floats, 255.0F / 2 / scale)), hn::Zero(floats)),
              hn::Set(floats, 255.0F));
  return hn::And(hn::BitCast(ints, hn::Add(coverage, hn::Set(floats, to_integer))), hn::Set(ints, 255));
}

/// Each lane holds what the next one held, the last one `last`.
HWY_INLINE Vector from_next_lane(Vector v, float last) {
  const int mask = n_lanes() - 1;
  const auto indices = hn::And(hn::Iota(ints, 1), hn::Set(ints, mask));
  const auto is_last = hn::RebindMask(floats, hn::Eq(hn::Iota(ints, 0), hn::Set(ints, mask)));
  return hn::IfThenElse(is_last, hn::Set(floats, last), hn::TableLookupLanes(v, hn::IndicesFromVec(floats, indices)));
}

struct Rows {
  int first, last;
};

/// Rows in which a column's abscissae have ink, also outside of the image.
template <class Column>
Rows rows_of(const Column& column) {
  return {pixel_of(*std::ranges::min_element(column.top())), pixel_of(*std::ranges::max_element(column.bottom()))};
}

/// Rows that the stroke covers from edge to edge, if any, of a column that it crosses in less than 1,000 rows: there
/// the areas are exact enough (see math.hpp) for coverage_between() to give 255.
template <class Column>
Rows full_rows(const Column& column) {
  const auto [least_top, greatest_top] = std::ranges::minmax(column.top());
  const auto [least_bottom, greatest_bottom] = std::ranges::minmax(column.bottom());
  if (greatest_bottom - least_top > 1000) return {0, -1};
  return {pixel_of(greatest_top) + 1, pixel_of(least_bottom) - 1};
}

/// Puts the cells of the rows `row` to `last_row`, as many as a vector holds.
template <class D>
HWY_INLINE void put_cells(D d, int x, int row, int last_row, hn::Vec<D> coverage, const CellRows& out) {
  if (!out.antialias) coverage = hn::IfThenElseZero(hn::Gt(coverage, hn::Set(d, 127)), hn::Set(d, 255));
  std::int32_t* const row_end = out.row_end + row;
  const auto position = hn::LoadU(d, row_end);
  const auto inside = hn::FirstN(d, static_cast<std::size_t>(last_row - row + 1));
  const auto to = hn::IfThenElse(inside, position, hn::Iota(d, 0));
  hn::ScatterIndex(hn::Or(coverage, hn::Set(d, x << 8)), d, out.cells, to);
  hn::StoreU(hn::IfThenElse(inside, hn::Add(position, hn::Set(d, 1)), position), d, row_end);
}

/// Columns of one piece.
class PieceColumns {
 public:
  PieceColumns(const PieceIntervals& piece, const StrokeGrid& grid, const LineEdges& edges, const CellRows& out)
      : piece_(piece), grid_(grid), edges_(edges), out_(out) {}

  /// Covers column x, which the piece alone reaches.
  HWY_INLINE void cover(int x) const {
    const int first_row = out_.rows.first[x];
    const int last_row = out_.rows.last[x];
    if (first_row > last_row) return;
    const std::size_t at = abscissa_of(x);
    const std::size_t part = part_of(x);
    if (grid_.parts > 1) {
      cover(x, PartedColumn(edges_, grid_, at, part), first_row, last_row);
    } else if (is_straight(part)) {
      cover(x, StraightColumn(edges_, at, part), first_row, last_row);
    } else {
      cover(x, CurvedColumn(edges_, at), first_row, last_row);
    }
  }

  /// Adds the coverage of column x.
  void add(int x, std::int32_t* sums) const {
    const std::size_t at = abscissa_of(x);
    const std::size_t part = part_of(x);
    if (grid_.parts > 1) {
      add(x, PartedColumn(edges_, grid_, at, part), sums);
    } else if (is_straight(part)) {
      add(x, StraightColumn(edges_, at, part), sums);
    } else {
      add(x, CurvedColumn(edges_, at), sums);
    }
  }

 private:
  /// Columns of more rows may have enough full ones to look for them.
  static constexpr int tall = 64;

  [[nodiscard]] std::size_t abscissa_of(int x) const {
    return piece_.begin + static_cast<std::size_t>(grid_.slices() * (x - piece_.first_column));
  }
  [[nodiscard]] std::size_t part_of(int x) const {
    return piece_.parts_begin + static_cast<std::size_t>(grid_.parts * (x - piece_.first_column));
  }
  [[nodiscard]] bool is_straight(std::size_t part) const { return edges_.inverse_top[part] > 0; }

  template <class Column>
  HWY_INLINE void cover(int x, const Column& column, int first_row, int last_row) const {
    if (last_row - first_row >= tall) {
      cover_tall(x, column, first_row, last_row);
      return;
    }
    int row = last_vector(first_row, last_row);
    float area_after = area_after_column(column, row + n_lanes(), last_row);
    if (last_row - first_row < n_lanes() / 2) {
      constexpr hn::Half<Ints> half;
      put(half, x, row, last_row, hn::LowerHalf(half, coverages_above(column, row, area_after)));
      return;
    }
    do {
      put(x, row, last_row, coverages_above(column, row, area_after));
      row -= n_lanes();
    } while (row >= first_row);
  }

  template <class Column>
  HWY_NOINLINE void cover_tall(int x, const Column& column, int first_row, int last_row) const {
    const Rows full = full_rows(column);
    const int n = n_lanes();
    int row = last_vector(first_row, last_row);
    bool area_is_known = true;
    float area_after = area_after_column(column, row + n, last_row);
    for (; row >= first_row; row -= n) {
      if (row >= full.first && std::min(row + n - 1, last_row) <= full.last) {
        area_is_known = false;
        put(x, row, last_row, hn::Set(ints, 255));
        continue;
      }
      if (!area_is_known) area_after = column.area_below(row_top(row + n));
      area_is_known = true;
      put(x, row, last_row, coverages_above(column, row, area_after));
    }
  }

  /// First row of the last of the vectors that cover rows first_row to last_row.
  HWY_INLINE static int last_vector(int first_row, int last_row) {
    return first_row + (last_row - first_row) / n_lanes() * n_lanes();
  }

  /// Area below `row`, which is not above last_row.
  template <class Column>
  HWY_INLINE float area_after_column(const Column& column, int row, int last_row) const {
    // Below last_row there is nothing unless it is the image that ends there.
    return last_row < out_.height - 1 ? 0.0F : column.area_below(row_top(row));
  }

  /// Coverage of n_lanes() rows from `row` on. area_after: the area below those rows. Sets it to that below `row`.
  template <class Column>
  HWY_INLINE static IntVector coverages_above(const Column& column, int row, float& area_after) {
    const auto areas = column.areas_below(row_tops(row));
    const auto coverages = coverages_between(areas, from_next_lane(areas, area_after), column.scale());
    area_after = hn::GetLane(areas);
    return coverages;
  }

  /// The rows that the column does not reach get nothing.
  template <class Column>
  HWY_INLINE void add(int x, const Column& column, std::int32_t* sums) const {
    const Rows rows = rows_of(column);
    const int first_row = std::max(rows.first, out_.rows.first[x]);
    const int last_row = std::min(rows.last, out_.rows.last[x]);
    for (int row = first_row; row <= last_row; row += n_lanes()) {
      const auto covered =
          coverages_between(column.areas_below(row_tops(row)), column.areas_below(row_tops(row + 1)), column.scale());
      const auto inside = hn::RebindMask(ints, hn::FirstN(floats, static_cast<std::size_t>(last_row - row + 1)));
      const auto sum = hn::LoadU(ints, sums + row);
      const auto more = hn::Min(hn::Add(sum, hn::IfThenElseZero(inside, covered)), hn::Set(ints, 255));
      hn::StoreU(more, ints, sums + row);
    }
  }

  HWY_INLINE void put(int x, int row, int last_row, IntVector coverage) const {
    put_cells(ints, x, row, last_row, coverage, out_);
  }
  template <class D>
  HWY_INLINE void put(D d, int x, int row, int last_row, hn::Vec<D> coverage) const {
    put_cells(d, x, row, last_row, coverage, out_);
  }

  PieceIntervals piece_;
  StrokeGrid grid_;
  LineEdges edges_;
  CellRows out_;
};

void CoverColumns(const PieceIntervals& piece, int from, int to, const StrokeGrid& grid, const LineEdges& edges,
                  const CellRows& out) {
  const PieceColumns columns(piece, grid, edges, out);
  for (int x = from; x < to; ++x) columns.cover(x);
}

void AddColumn(const PieceIntervals& piece, int x, const StrokeGrid& grid, const LineEdges& edges, const CellRows& out,
               std::int32_t* sums) {
  PieceColumns(piece, grid, edges, out).add(x, sums);
}

void PutColumn(int x, const std::int32_t* sums, const CellRows& out) {
  const int last_row = out.rows.last[x];
  for (int row = out.rows.first[x]; row <= last_row; row += n_lanes()) {
    put_cells(ints, x, row, last_row, hn::LoadU(ints, sums + row), out);
  }
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(CoverColumns);
HWY_EXPORT(AddColumn);
HWY_EXPORT(PutColumn);

void cover_columns(const PieceIntervals& piece, int from, int to, const StrokeGrid& grid, const LineEdges& edges,
                   const CellRows& out) {
  HWY_DYNAMIC_DISPATCH(CoverColumns)(piece, from, to, grid, edges, out);
}

void add_column(const PieceIntervals& piece, int x, const StrokeGrid& grid, const LineEdges& edges, const CellRows& out,
                std::int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddColumn)(piece, x, grid, edges, out, sums);
}

void put_column(int x, const std::int32_t* sums, const CellRows& out) { HWY_DYNAMIC_DISPATCH(PutColumn)(x, sums, out); }

}  // namespace plotmill::kernels
#endif
