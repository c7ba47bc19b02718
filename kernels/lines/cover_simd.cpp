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

/// A column's stroke, by the five abscissae of each edge; twice its area below heights y, times `scale`, a power of two
/// that is cheaper to multiply with elsewhere.
class StraightColumn {
 public:
  static constexpr float scale = 1;

  StraightColumn(const LineEdges& edges, std::size_t at, std::size_t column)
      : top_(edges.top + at),
        bottom_(edges.bottom + at),
        inverse_top_(edges.inverse_top + column),
        inverse_bottom_(edges.inverse_bottom + column) {}

  [[nodiscard]] const float* top() const { return top_; }
  [[nodiscard]] const float* bottom() const { return bottom_; }

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
  static constexpr float scale = slices_per_pixel;

  HWY_INLINE CurvedColumn(const LineEdges& edges, std::size_t at) : top_(edges.top + at), bottom_(edges.bottom + at) {
    set_inverse_rises(top_, inverse_top_);
    set_inverse_rises(bottom_, inverse_bottom_);
  }

  [[nodiscard]] const float* top() const { return top_; }
  [[nodiscard]] const float* bottom() const { return bottom_; }

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
    return area_of_slices(slice(0), slice(1), slice(2), slice(3)) * scale;
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
    constexpr hn::CappedTag<float, slices_per_pixel> d;
    for (std::size_t i = 0; i < slices_per_pixel; i += hn::Lanes(d)) {
      const auto rise = hn::Abs(hn::Sub(hn::LoadU(d, edge + i + 1), hn::LoadU(d, edge + i)));
      hn::StoreU(hn::Div(hn::Set(d, 1.0F), hn::Max(rise, hn::Set(d, 0x1p-20F))), d, inverse + i);
    }
  }

  const float *top_, *bottom_;
  float inverse_top_[slices_per_pixel], inverse_bottom_[slices_per_pixel];
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

/// Rows in which five abscissae have ink, also outside of the image.
template <class Column>
Rows rows_of(const Column& column) {
  return {pixel_of(*std::min_element(column.top(), column.top() + slices_per_pixel + 1)),
          pixel_of(*std::max_element(column.bottom(), column.bottom() + slices_per_pixel + 1))};
}

/// Rows that the stroke covers from edge to edge, if any, of a column that it crosses in less than 1,000 rows: there
/// the areas are exact enough (see math.hpp) for coverage_between() to give 255.
template <class Column>
Rows full_rows(const Column& column) {
  const auto top = std::minmax_element(column.top(), column.top() + slices_per_pixel + 1);
  const auto bottom = std::minmax_element(column.bottom(), column.bottom() + slices_per_pixel + 1);
  if (*bottom.second - *top.first > 1000) return {0, -1};
  return {pixel_of(*top.second) + 1, pixel_of(*bottom.first) - 1};
}

class Columns {
 public:
  Columns(const LineEdges& edges, int height, bool antialias, std::int32_t* row_end, Cell* cells)
      : edges_(edges), height_(height), antialias_(antialias), row_end_(row_end), cells_(cells) {}

  /// Covers column x of one piece: its rows first_row to last_row.
  HWY_INLINE void cover(int x, const PieceIntervals& piece, int first_row, int last_row) const {
    const std::size_t at = abscissa_of(piece, x);
    const std::size_t column = column_of(piece, x);
    if (is_straight(column)) {
      cover(x, StraightColumn(edges_, at, column), first_row, last_row);
    } else {
      cover(x, CurvedColumn(edges_, at), first_row, last_row);
    }
  }

  /// Covers column x of several pieces: `pieces` hold it all.
  HWY_NOINLINE void cover(int x, std::span<const PieceIntervals> pieces, int first_row, int last_row) const {
    for (int row = first_row; row <= last_row; row += n_lanes()) {
      auto sum = hn::Zero(ints);
      for (const PieceIntervals& piece : pieces) {
        if (x >= piece.first_column + piece.n_columns) continue;
        const std::size_t at = abscissa_of(piece, x);
        const std::size_t column = column_of(piece, x);
        sum = hn::Add(sum, is_straight(column) ? coverages(StraightColumn(edges_, at, column), row)
                                               : coverages(CurvedColumn(edges_, at), row));
      }
      put(x, row, last_row, hn::Min(sum, hn::Set(ints, 255)));
    }
  }

 private:
  /// Columns of more rows may have enough full ones to look for them.
  static constexpr int tall = 64;

  static std::size_t abscissa_of(const PieceIntervals& piece, int x) {
    return piece.begin + static_cast<std::size_t>(slices_per_pixel * (x - piece.first_column));
  }
  static std::size_t column_of(const PieceIntervals& piece, int x) {
    return piece.columns_begin + static_cast<std::size_t>(x - piece.first_column);
  }
  [[nodiscard]] bool is_straight(std::size_t column) const { return edges_.inverse_top[column] > 0; }

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
    const auto coverages = coverages_between(areas, from_next_lane(areas, area_after), Column::scale);
    area_after = hn::GetLane(areas);
    return coverages;
  }

  /// Coverage of n_lanes() rows from `row` on, 0 in those that the column does not reach.
  template <class Column>
  HWY_INLINE static IntVector coverages(const Column& column, int row) {
    const Rows rows = rows_of(column);
    const auto covered =
        coverages_between(column.areas_below(row_tops(row)), column.areas_below(row_tops(row + 1)), Column::scale);
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

void CoverColumns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height, bool antialias,
                  const std::int32_t* first_row, const std::int32_t* last_row, std::int32_t* row_end, Cell* cells) {
  const Columns columns(edges, height, antialias, row_end, cells);
  // Pieces follow each other in x, and so do their first and their last columns.
  std::size_t begin = 0;
  std::size_t end = 0;
  for (int x = 0; x < width; ++x) {
    while (end < pieces.size() && pieces[end].first_column <= x) ++end;
    while (begin < end && pieces[begin].first_column + pieces[begin].n_columns <= x) ++begin;
    if (first_row[x] > last_row[x]) continue;
    if (end - begin == 1) {
      columns.cover(x, pieces[begin], first_row[x], last_row[x]);
    } else {
      columns.cover(x, pieces.subspan(begin, end - begin), first_row[x], last_row[x]);
    }
  }
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(CoverColumns);

void cover_columns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height,
                   bool antialias, const std::int32_t* first_row, const std::int32_t* last_row, std::int32_t* row_end,
                   Cell* cells) {
  HWY_DYNAMIC_DISPATCH(CoverColumns)
  (pieces, edges, width, height, antialias, first_row, last_row, row_end, cells);
}

}  // namespace plotmill::kernels
#endif
