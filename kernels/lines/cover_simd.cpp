// Coverage of the pixels of each column. Lanes are rows.
#include <algorithm>
#include <utility>

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

/// twice_depth_area() over a whole column.
HWY_INLINE Vector twice_depth_areas(Vector p, Vector q, const float* inverse) {
  return hn::Mul(hn::Add(p, q), hn::Min(hn::Mul(hn::Max(p, q), hn::Set(floats, *inverse)), hn::Set(floats, 1.0F)));
}

/// A column's stroke; twice its area below heights y.
class StraightColumn {
 public:
  StraightColumn(const StraightEdges& edges, std::size_t column) : edges_(edges), column_(column) {}

  [[nodiscard]] HWY_INLINE Vector areas_below(Vector y) const {
    const StraightEdges& e = edges_;
    return hn::Sub(
        twice_depth_areas(depths(e.bottom_from + column_, y), depths(e.bottom_to + column_, y),
                          e.inverse_bottom + column_),
        twice_depth_areas(depths(e.top_from + column_, y), depths(e.top_to + column_, y), e.inverse_top + column_));
  }

  [[nodiscard]] float area_below(float y) const {
    const auto area = [&](const float* from, const float* to, const float* inverse) {
      return twice_depth_area(depth_below(from[column_], y), depth_below(to[column_], y), inverse[column_], 1);
    };
    return area(edges_.bottom_from, edges_.bottom_to, edges_.inverse_bottom) -
           area(edges_.top_from, edges_.top_to, edges_.inverse_top);
  }

  /// Least and greatest y of an edge.
  [[nodiscard]] std::pair<float, float> top() const {
    return std::minmax({edges_.top_from[column_], edges_.top_to[column_]});
  }
  [[nodiscard]] std::pair<float, float> bottom() const {
    return std::minmax({edges_.bottom_from[column_], edges_.bottom_to[column_]});
  }

 private:
  const StraightEdges& edges_;
  std::size_t column_;
};

class CurvedColumn {
 public:
  HWY_INLINE CurvedColumn(const Slices& slices, const BentColumn& column)
      : slices_(slices), begin_(column.begin), end_(begin_ + column.n) {}

  [[nodiscard]] HWY_INLINE Vector areas_below(Vector y) const {
    auto sum = hn::Zero(floats);
    for (std::uint32_t i = begin_; i < end_; i += slices_per_group) {
      static_assert(slices_per_group == 4);
      const auto area0 = slice_areas(i, y);
      const auto area1 = slice_areas(i + 1, y);
      const auto area2 = slice_areas(i + 2, y);
      const auto area3 = slice_areas(i + 3, y);
      sum = hn::Add(hn::Add(hn::Add(hn::Add(sum, area0), area1), area2), area3);
    }
    return sum;
  }

  [[nodiscard]] float area_below(float y) const {
    float sum = 0;
    for (std::uint32_t i = begin_; i < end_; ++i) {
      sum += twice_depth_area(depth_below(slices_.from[i], y), depth_below(slices_.to[i], y), slices_.inverse[i],
                              slices_.width[i]);
    }
    return sum;
  }

  /// Least and greatest y of an edge.
  [[nodiscard]] std::pair<float, float> top() const { return least_and_greatest(true); }
  [[nodiscard]] std::pair<float, float> bottom() const { return least_and_greatest(false); }

 private:
  [[nodiscard]] HWY_INLINE Vector slice_areas(std::uint32_t i, Vector y) const {
    const auto p = depths(slices_.from + i, y);
    const auto q = depths(slices_.to + i, y);
    const auto share = hn::Min(hn::Mul(hn::Max(p, q), hn::Set(floats, slices_.inverse[i])), hn::Set(floats, 1.0F));
    return hn::Mul(hn::Mul(hn::Add(p, q), hn::Set(floats, slices_.width[i])), share);
  }

  [[nodiscard]] std::pair<float, float> least_and_greatest(bool of_top) const {
    std::pair<float, float> found{infinity, -infinity};
    for (std::uint32_t i = begin_; i < end_; ++i) {
      if (of_top ? slices_.width[i] >= 0 : slices_.width[i] <= 0) continue;
      const auto [least, greatest] = std::minmax(slices_.from[i], slices_.to[i]);
      found = {std::min(found.first, least), std::max(found.second, greatest)};
    }
    return found;
  }

  const Slices& slices_;
  std::uint32_t begin_, end_;
};

/// Upper edges of n_lanes() rows from `row` on.
HWY_INLINE Vector row_tops(int row) {
  return hn::Sub(hn::ConvertTo(floats, hn::Iota(ints, row)), hn::Set(floats, 0.5F));
}

/// coverage_between() of areas below the upper and the lower edges of rows.
HWY_INLINE IntVector coverages_between(Vector area_from, Vector area_to) {
  const auto coverage =
      hn::Min(hn::Max(hn::Mul(hn::Sub(area_from, area_to), hn::Set(floats, 255.0F / 2)), hn::Zero(floats)),
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

/// Rows in which a column has ink, also outside of the image.
template <class Column>
Rows rows_of(const Column& column) {
  return {pixel_of(column.top().first), pixel_of(column.bottom().second)};
}

/// Rows that the stroke covers from edge to edge, if any, of a column that it crosses in less than 500 rows: there the
/// areas are exact enough (see math.hpp) for coverage_between() to give 255.
template <class Column>
Rows full_rows(const Column& column) {
  const auto top = column.top();
  const auto bottom = column.bottom();
  if (bottom.second - top.first > 500) return {0, -1};
  return {pixel_of(top.second) + 1, pixel_of(bottom.first) - 1};
}

class Columns {
 public:
  Columns(const LineEdges& edges, int height, bool antialias, std::int32_t* row_end, Cell* cells)
      : edges_(edges), height_(height), antialias_(antialias), row_end_(row_end), cells_(cells) {}

  /// Covers column x of one piece: its rows first_row to last_row.
  HWY_INLINE void cover(int x, const PieceColumns& piece, int first_row, int last_row) const {
    const std::size_t column = column_of(piece, x);
    const BentColumn& bent = edges_.columns[column];
    if (bent.n == 0) {
      cover(x, StraightColumn(edges_.straight, column), first_row, last_row);
    } else {
      cover(x, CurvedColumn(edges_.slices, bent), first_row, last_row);
    }
  }

  /// Covers column x of several pieces: `pieces` hold it all.
  HWY_NOINLINE void cover(int x, std::span<const PieceColumns> pieces, int first_row, int last_row) const {
    for (int row = first_row; row <= last_row; row += n_lanes()) {
      auto sum = hn::Zero(ints);
      for (const PieceColumns& piece : pieces) {
        if (x > piece.last_column()) continue;
        const std::size_t column = column_of(piece, x);
        const BentColumn& bent = edges_.columns[column];
        sum = hn::Add(sum, bent.n == 0 ? coverages(StraightColumn(edges_.straight, column), row)
                                       : coverages(CurvedColumn(edges_.slices, bent), row));
      }
      put(x, row, last_row, hn::Min(sum, hn::Set(ints, 255)));
    }
  }

 private:
  /// Columns of more rows may have enough full ones to look for them.
  static constexpr int tall = 64;

  static std::size_t column_of(const PieceColumns& piece, int x) {
    return piece.begin + static_cast<std::size_t>(x - piece.first_column);
  }

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
    return last_row < height_ - 1 ? 0.0F : column.area_below(row_top(row));
  }

  /// Coverage of n_lanes() rows from `row` on. area_after: the area below those rows. Sets it to that below `row`.
  template <class Column>
  HWY_INLINE static IntVector coverages_above(const Column& column, int row, float& area_after) {
    const auto areas = column.areas_below(row_tops(row));
    const auto coverages = coverages_between(areas, from_next_lane(areas, area_after));
    area_after = hn::GetLane(areas);
    return coverages;
  }

  /// Coverage of n_lanes() rows from `row` on, 0 in those that the column does not reach.
  template <class Column>
  HWY_INLINE static IntVector coverages(const Column& column, int row) {
    const Rows rows = rows_of(column);
    const auto covered = coverages_between(column.areas_below(row_tops(row)), column.areas_below(row_tops(row + 1)));
    const auto lanes = hn::Iota(ints, row);
    const auto outside = hn::Or(hn::Lt(lanes, hn::Set(ints, rows.first)), hn::Gt(lanes, hn::Set(ints, rows.last)));
    return hn::IfThenZeroElse(outside, covered);
  }

  /// Puts the cells of the rows `row` to `last_row`, as many as a vector holds.
  HWY_INLINE void put(int x, int row, int last_row, IntVector coverage) const { put(ints, x, row, last_row, coverage); }

  template <class D>
  HWY_INLINE void put(D d, int x, int row, int last_row, hn::Vec<D> coverage) const {
    if (!antialias_) coverage = hn::IfThenElseZero(hn::Gt(coverage, hn::Set(d, 127)), hn::Set(d, 255));
    std::int32_t* const row_end = row_end_ + row;
    const auto position = hn::LoadU(d, row_end);
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(last_row - row + 1));
    const auto to = hn::IfThenElse(inside, position, hn::Iota(d, 0));
    hn::ScatterIndex(hn::Or(coverage, hn::Set(d, x << 8)), d, cells_, to);
    hn::StoreU(hn::IfThenElse(inside, hn::Add(position, hn::Set(d, 1)), position), d, row_end);
  }

  LineEdges edges_;
  int height_;
  bool antialias_;
  std::int32_t* row_end_;
  Cell* cells_;
};

void CoverColumns(std::span<const PieceColumns> pieces, const LineEdges& edges, int width, int height, bool antialias,
                  const ColumnRows& rows, std::int32_t* row_end, Cell* cells) {
  const Columns columns(edges, height, antialias, row_end, cells);
  // Pieces follow each other in x, and so do their first and their last columns.
  std::size_t begin = 0;
  std::size_t end = 0;
  for (int x = 0; x < width; ++x) {
    while (end < pieces.size() && pieces[end].first_column <= x) ++end;
    while (begin < end && pieces[begin].last_column() < x) ++begin;
    const int first = rows.first[x];
    const int last = rows.last[x];
    if (first > last) continue;
    if (end - begin == 1) {
      columns.cover(x, pieces[begin], first, last);
    } else {
      columns.cover(x, pieces.subspan(begin, end - begin), first, last);
    }
  }
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(CoverColumns);

void cover_columns(std::span<const PieceColumns> pieces, const LineEdges& edges, int width, int height, bool antialias,
                   const ColumnRows& rows, std::int32_t* row_end, Cell* cells) {
  HWY_DYNAMIC_DISPATCH(CoverColumns)(pieces, edges, width, height, antialias, rows, row_end, cells);
}

}  // namespace plotmill::kernels
#endif
