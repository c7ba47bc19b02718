// Coverage of the pixels of each column. Lanes are rows.
#include <algorithm>

#include "kernels/draw_lines_math.hpp"
#include "kernels/draw_lines_simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/draw_lines_cover_simd.cpp"
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

/// depth_below(), twice_mean_depth() and area_of_slices() for the slices of one edge: the four results.
struct Slices {
  Vector v0, v1, v2, v3;
};

HWY_INLINE Vector depths(const float* edge, Vector y) {
  return hn::Max(hn::Sub(hn::Set(floats, *edge), y), hn::Zero(floats));
}

HWY_INLINE Vector twice_mean_depths(Vector p, Vector q, const float* inverse) {
  return hn::Mul(hn::Add(p, q), hn::Min(hn::Mul(hn::Max(p, q), hn::Set(floats, *inverse)), hn::Set(floats, 1.0F)));
}

HWY_INLINE Slices slices_below(const float* edge, const float* inverse, Vector y) {
  const auto p0 = depths(edge, y);
  const auto p1 = depths(edge + 1, y);
  const auto p2 = depths(edge + 2, y);
  const auto p3 = depths(edge + 3, y);
  const auto p4 = depths(edge + 4, y);
  return {twice_mean_depths(p0, p1, inverse), twice_mean_depths(p1, p2, inverse + 1),
          twice_mean_depths(p2, p3, inverse + 2), twice_mean_depths(p3, p4, inverse + 3)};
}

/// Area of the stroke of the column whose abscissae begin at `at` below the heights y.
HWY_INLINE Vector areas_below(const LineEdges& edges, std::size_t at, Vector y) {
  const Slices bottom = slices_below(edges.bottom + at, edges.inverse_bottom + at, y);
  const Slices top = slices_below(edges.top + at, edges.inverse_top + at, y);
  return hn::Add(hn::Add(hn::Sub(bottom.v0, top.v0), hn::Sub(bottom.v1, top.v1)),
                 hn::Add(hn::Sub(bottom.v2, top.v2), hn::Sub(bottom.v3, top.v3)));
}

/// The same for one height, in plain numbers.
float area_below(const LineEdges& edges, std::size_t at, float y) {
  float slices[slices_per_pixel];
  for (std::size_t i = 0; i < slices_per_pixel; ++i) {
    const auto edge = [&](const float* values, const float* inverse) {
      return twice_mean_depth(depth_below(values[at + i], y), depth_below(values[at + i + 1], y), inverse[at + i]);
    };
    slices[i] = edge(edges.bottom, edges.inverse_bottom) - edge(edges.top, edges.inverse_top);
  }
  return area_of_slices(slices[0], slices[1], slices[2], slices[3]);
}

/// Upper edges of n_lanes() rows from `row` on.
HWY_INLINE Vector row_tops(int row) {
  return hn::Sub(hn::ConvertTo(floats, hn::Iota(ints, row)), hn::Set(floats, 0.5F));
}

/// coverage_between() of areas below the upper and the lower edges of rows.
HWY_INLINE IntVector coverages_between(Vector area_from, Vector area_to) {
  const auto coverage =
      hn::Min(hn::Max(hn::Mul(hn::Sub(area_from, area_to), hn::Set(floats, 255.0F / 8)), hn::Zero(floats)),
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
Rows rows_of(const LineEdges& edges, std::size_t at) {
  return {pixel_of(*std::min_element(edges.top + at, edges.top + at + slices_per_pixel + 1)),
          pixel_of(*std::max_element(edges.bottom + at, edges.bottom + at + slices_per_pixel + 1))};
}

/// Rows that the stroke covers from edge to edge, if any, of a column that it crosses in less than 1,000 rows: there
/// the areas are exact enough (see draw_lines_math.hpp) for coverage_between() to give 255.
Rows full_rows(const LineEdges& edges, std::size_t at) {
  const auto top = std::minmax_element(edges.top + at, edges.top + at + slices_per_pixel + 1);
  const auto bottom = std::minmax_element(edges.bottom + at, edges.bottom + at + slices_per_pixel + 1);
  if (*bottom.second - *top.first > 1000) return {0, -1};
  return {pixel_of(*top.second) + 1, pixel_of(*bottom.first) - 1};
}

class Columns {
 public:
  Columns(const LineEdges& edges, int height, bool antialias, std::int32_t* row_end, Cell* cells)
      : edges_(edges), height_(height), antialias_(antialias), row_end_(row_end), cells_(cells) {}

  /// Covers a column of one piece: its rows first_row to last_row.
  HWY_INLINE void cover(int column, std::size_t at, int first_row, int last_row) const {
    if (last_row - first_row >= tall) {
      cover_tall(column, at, first_row, last_row);
      return;
    }
    int row = last_vector(first_row, last_row);
    float area_after = area_after_column(at, row + n_lanes(), last_row);
    do {
      put(column, row, last_row, coverages_below(at, row, area_after));
      row -= n_lanes();
    } while (row >= first_row);
  }

  /// Covers a column of several pieces: `pieces` hold it all.
  void cover(int column, std::span<const PieceIntervals> pieces, int first_row, int last_row) const {
    for (int row = first_row; row <= last_row; row += n_lanes()) {
      const auto lanes = hn::Iota(ints, row);
      auto sum = hn::Zero(ints);
      for (const PieceIntervals& piece : pieces) {
        if (column >= piece.first_column + piece.n_columns) continue;
        const std::size_t at = piece.column_begin(column);
        const Rows rows = rows_of(edges_, at);
        if (rows.first >= row + n_lanes() || rows.last < row) continue;
        const auto covered =
            coverages_between(areas_below(edges_, at, row_tops(row)), areas_below(edges_, at, row_tops(row + 1)));
        const auto outside = hn::Or(hn::Lt(lanes, hn::Set(ints, rows.first)), hn::Gt(lanes, hn::Set(ints, rows.last)));
        sum = hn::Add(sum, hn::IfThenZeroElse(outside, covered));
      }
      put(column, row, last_row, hn::Min(sum, hn::Set(ints, 255)));
    }
  }

 private:
  /// Columns of more rows may have enough full ones to look for them.
  static constexpr int tall = 64;

  /// First row of the last of the vectors that cover rows first_row to last_row.
  HWY_INLINE static int last_vector(int first_row, int last_row) {
    return first_row + (last_row - first_row) / n_lanes() * n_lanes();
  }

  /// Area below `row`, which is not above last_row.
  HWY_INLINE float area_after_column(std::size_t at, int row, int last_row) const {
    // Below last_row there is nothing unless it is the image that ends there.
    return last_row < height_ - 1 ? 0.0F : area_below(edges_, at, row_top(row));
  }

  /// Coverage of n_lanes() rows from `row` on. area_after: the area below those rows. Sets it to that below `row`.
  HWY_INLINE IntVector coverages_below(std::size_t at, int row, float& area_after) const {
    const auto areas = areas_below(edges_, at, row_tops(row));
    const auto coverages = coverages_between(areas, from_next_lane(areas, area_after));
    area_after = hn::GetLane(areas);
    return coverages;
  }

  HWY_NOINLINE void cover_tall(int column, std::size_t at, int first_row, int last_row) const {
    const Rows full = full_rows(edges_, at);
    const int n = n_lanes();
    int row = last_vector(first_row, last_row);
    bool area_is_known = true;
    float area_after = area_after_column(at, row + n, last_row);
    for (; row >= first_row; row -= n) {
      if (row >= full.first && std::min(row + n - 1, last_row) <= full.last) {
        area_is_known = false;
        put(column, row, last_row, hn::Set(ints, 255));
        continue;
      }
      if (!area_is_known) area_after = area_below(edges_, at, row_top(row + n));
      area_is_known = true;
      put(column, row, last_row, coverages_below(at, row, area_after));
    }
  }

  /// Puts the cells of the rows `row` to `last_row`, as many as a vector holds.
  HWY_INLINE void put(int column, int row, int last_row, IntVector coverage) const {
    if (!antialias_) {
      coverage = hn::IfThenElseZero(hn::Gt(coverage, hn::Set(ints, 127)), hn::Set(ints, 255));
    }
    std::int32_t* const row_end = row_end_ + row;
    const auto position = hn::LoadU(ints, row_end);
    hn::ScatterIndex(hn::Or(coverage, hn::Set(ints, column << 8)), ints, cells_, position);
    const auto inside = hn::FirstN(ints, static_cast<std::size_t>(last_row - row + 1));
    hn::StoreU(hn::IfThenElse(inside, hn::Add(position, hn::Set(ints, 1)), position), ints, row_end);
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
  for (int column = 0; column < width; ++column) {
    while (end < pieces.size() && pieces[end].first_column <= column) ++end;
    while (begin < end && pieces[begin].first_column + pieces[begin].n_columns <= column) ++begin;
    const int first = first_row[column];
    const int last = last_row[column];
    if (first > last) continue;
    if (end - begin == 1) {
      columns.cover(column, pieces[begin].column_begin(column), first, last);
    } else {
      columns.cover(column, pieces.subspan(begin, end - begin), first, last);
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
