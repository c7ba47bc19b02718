// Coverage of the pixels that the stroke may reach. A column's rows are cut into items of a few rows, one for each
// thread at a time: a pixel's lower edge is the next one's upper edge, and what is read of a column serves them all.
#pragma once

#include "kernels/lines/device_edges.hpp"

namespace plotmill::kernels {

inline constexpr int rows_per_item = 4;

/// The pieces that reach a column: [begin, end). They follow each other in x, and so do their first and last columns.
struct PieceRange {
  std::uint32_t begin, end;
};

[[nodiscard]] PLOTMILL_DEVICE inline PieceRange pieces_at(const LineScratch& scratch, std::uint32_t n_pieces, int x) {
  const auto end_column = [&](std::uint32_t p) {
    const auto n = static_cast<std::int32_t>(scratch.pieces[p + 1].slot_begin - scratch.pieces[p].slot_begin);
    return scratch.pieces[p].first_column + n;
  };
  const std::uint32_t begin = first_where(0, n_pieces, [&](std::uint32_t p) { return end_column(p) > x; });
  return {begin, first_where(begin, n_pieces, [&](std::uint32_t p) { return scratch.pieces[p].first_column > x; })};
}

/// The slot of piece p in column x, which it reaches.
[[nodiscard]] PLOTMILL_DEVICE inline std::uint32_t slot_at(const LineScratch& scratch, std::uint32_t p, int x) {
  return scratch.pieces[p].slot_begin + static_cast<std::uint32_t>(x - scratch.pieces[p].first_column);
}

/// First and last row of a column's ink; {1, 0} where there is none.
[[nodiscard]] PLOTMILL_DEVICE inline RowRange rows_at(const LineScratch& scratch, const PieceRange& pieces, int x) {
  if (pieces.begin == pieces.end) return {1, 0};
  RowRange rows = scratch.rows[slot_at(scratch, pieces.begin, x)];
  for (std::uint32_t p = pieces.begin + 1; p < pieces.end; ++p) {
    const RowRange more = scratch.rows[slot_at(scratch, p, x)];
    rows = {lesser(rows.first, more.first), greater(rows.last, more.last)};
  }
  return rows;
}

/// Columns and their items. A column is simple where one piece reaches it and it is one straight part, as most are
/// where points lie apart; threads that work side by side do columns of one kind.
struct ItemCounts {
  std::uint32_t simple_columns, simple_items, other_columns, other_items;

  [[nodiscard]] PLOTMILL_DEVICE std::uint32_t n_items() const { return simple_items + other_items; }
  [[nodiscard]] PLOTMILL_DEVICE friend ItemCounts operator+(const ItemCounts& a, const ItemCounts& b) {
    return {a.simple_columns + b.simple_columns, a.simple_items + b.simple_items, a.other_columns + b.other_columns,
            a.other_items + b.other_items};
  }
};

/// The items of one column.
[[nodiscard]] PLOTMILL_DEVICE inline ItemCounts items_of(const LineJob& job, const LineScratch& scratch,
                                                         std::uint32_t n_pieces, int x) {
  const PieceRange pieces = pieces_at(scratch, n_pieces, x);
  const RowRange rows = rows_at(scratch, pieces, x);
  if (rows.first > rows.last) return {0, 0, 0, 0};
  const auto n = static_cast<std::uint32_t>((rows.last - rows.first) / rows_per_item + 1);
  const bool simple =
      job.grid.parts == 1 && pieces.end - pieces.begin == 1 && scratch.straight[slot_at(scratch, pieces.begin, x)] != 0;
  return simple ? ItemCounts{1, n, 0, 0} : ItemCounts{0, 0, 1, n};
}

/// Fills columns and items: the simple columns from the front, the others from the back.
template <class Block>
[[nodiscard]] PLOTMILL_DEVICE ItemCounts find_items(Block& block, const LineJob& job, const LineScratch& scratch,
                                                    const LineCounts& counts) {
  return block.exclusive_sums(
      job.options.width, ItemCounts{0, 0, 0, 0},
      [&](std::uint32_t x) { return items_of(job, scratch, counts.n_pieces, static_cast<int>(x)); },
      [&](std::uint32_t x, const ItemCounts& before) {
        const ItemCounts own = items_of(job, scratch, counts.n_pieces, static_cast<int>(x));
        if (own.n_items() == 0) return;
        const bool simple = own.simple_items > 0;
        const std::uint32_t at = simple ? before.simple_columns : job.options.width - 1 - before.other_columns;
        scratch.columns[at] = static_cast<std::uint16_t>(x);
        scratch.items[at] = simple ? before.simple_items : before.other_items;
      });
}

/// The stroke of a part between straight edges; twice its mean depth below a height.
struct StraightPart {
  float top_from, top_to, bottom_from, bottom_to, inverse_top, inverse_bottom;

  PLOTMILL_DEVICE StraightPart(const float* top, const float* bottom)
      : top_from(top[0]),
        top_to(top[slices_per_part]),
        bottom_from(bottom[0]),
        bottom_to(bottom[slices_per_part]),
        inverse_top(inverse_rise(top_from, top_to)),
        inverse_bottom(inverse_rise(bottom_from, bottom_to)) {}

  [[nodiscard]] PLOTMILL_DEVICE float area_below(float y) const {
    return twice_mean_depth(depth_below(bottom_from, y), depth_below(bottom_to, y), inverse_bottom) -
           twice_mean_depth(depth_below(top_from, y), depth_below(top_to, y), inverse_top);
  }
};

/// The same in four slices.
struct CurvedPart {
  float top[slices_per_part + 1], bottom[slices_per_part + 1];
  float inverse_top[slices_per_part], inverse_bottom[slices_per_part];

  PLOTMILL_DEVICE CurvedPart(const float* top_edge, const float* bottom_edge) {
    for (int i = 0; i <= slices_per_part; ++i) {
      top[i] = top_edge[i];
      bottom[i] = bottom_edge[i];
    }
    for (int i = 0; i < slices_per_part; ++i) {
      inverse_top[i] = inverse_rise(top[i], top[i + 1]);
      inverse_bottom[i] = inverse_rise(bottom[i], bottom[i + 1]);
    }
  }

  [[nodiscard]] PLOTMILL_DEVICE float area_below(float y) const {
    float areas[slices_per_part];
    float top_from = depth_below(top[0], y);
    float bottom_from = depth_below(bottom[0], y);
    for (int i = 0; i < slices_per_part; ++i) {
      const float top_to = depth_below(top[i + 1], y);
      const float bottom_to = depth_below(bottom[i + 1], y);
      areas[i] = twice_mean_depth(bottom_from, bottom_to, inverse_bottom[i]) -
                 twice_mean_depth(top_from, top_to, inverse_top[i]);
      top_from = top_to;
      bottom_from = bottom_to;
    }
    return area_of_slices(areas[0], areas[1], areas[2], areas[3]);
  }
};

/// Adds a part to twice the areas below the upper edges of rows from `first` on, one more than an item has.
template <class Part>
PLOTMILL_DEVICE void add_areas(const Part& part, int first, float (&areas)[rows_per_item + 1]) {
  for (int i = 0; i <= rows_per_item; ++i) areas[i] += part.area_below(row_top(first + i));
}

/// The coverage of an item's rows, at most 255 each, a byte for each: registers are scarce.
using ItemCoverage = std::uint32_t;
static_assert(rows_per_item <= 4);

[[nodiscard]] PLOTMILL_DEVICE inline int coverage_of(ItemCoverage coverage, int row) {
  return static_cast<int>(coverage >> (8U * static_cast<std::uint32_t>(row)) & 255U);
}

/// Adds the coverage of a slot's rows from `first` on, as far as the stroke reaches. top, bottom: at its left end.
[[nodiscard]] PLOTMILL_DEVICE inline ItemCoverage with_coverage(const LineJob& job, const LineScratch& scratch,
                                                                std::uint32_t slot, const float* top,
                                                                const float* bottom, int first, ItemCoverage sums) {
  float areas[rows_per_item + 1] = {};
  const std::uint32_t straight = scratch.straight[slot];
  for (int part = 0; part < job.grid.parts; ++part) {
    const int at = slices_per_part * part;
    if ((straight >> static_cast<std::uint32_t>(part) & 1U) != 0) {
      add_areas(StraightPart(top + at, bottom + at), first, areas);
    } else {
      add_areas(CurvedPart(top + at, bottom + at), first, areas);
    }
  }
  const float share = 1.0F / static_cast<float>(job.grid.parts);
  const RowRange rows = scratch.rows[slot];
  for (int i = 0; i < rows_per_item; ++i) {
    const int row = first + i;
    if (row < rows.first || row > rows.last) continue;
    const int before = coverage_of(sums, i);
    const int sum = lesser(before + coverage_between(areas[i] * share, areas[i + 1] * share), 255);
    sums += static_cast<std::uint32_t>(sum - before) << (8U * static_cast<std::uint32_t>(i));
  }
  return sums;
}

/// Calls put(column, row, coverage) for each pixel of an item that is ink.
template <class Put>
PLOTMILL_DEVICE void cover_item(const LineJob& job, const LineScratch& scratch, const LineCounts& counts,
                                const ItemCounts& items, std::uint32_t item, Put put) {
  const bool simple = item < items.simple_items;
  const std::uint32_t n_columns = simple ? items.simple_columns : items.other_columns;
  if (!simple) item -= items.simple_items;
  const auto place_of = [&](std::uint32_t rank) { return simple ? rank : job.options.width - 1 - rank; };
  const std::uint32_t rank =
      first_where(1, n_columns, [&](std::uint32_t next) { return scratch.items[place_of(next)] > item; }) - 1;
  const std::uint32_t column = scratch.columns[place_of(rank)];
  const int x = static_cast<int>(column);
  const PieceRange pieces = pieces_at(scratch, counts.n_pieces, x);
  const int first =
      rows_at(scratch, pieces, x).first + rows_per_item * static_cast<int>(item - scratch.items[place_of(rank)]);
  ItemCoverage sums = 0;
  for (std::uint32_t p = pieces.begin; p < pieces.end; ++p) {
    const std::uint32_t slot = slot_at(scratch, p, x);
    const std::uint32_t at = job.slices() * slot + p;
    sums = with_coverage(job, scratch, slot, scratch.top + at, scratch.bottom + at, first, sums);
  }
  for (int row = first; sums != 0; ++row, sums >>= 8U) {
    const int sum = coverage_of(sums, 0);
    const int coverage = job.options.antialias ? sum : sum > 127 ? 255 : 0;
    if (coverage > 0) put(column, static_cast<std::uint32_t>(row), static_cast<std::uint8_t>(coverage));
  }
}

}  // namespace plotmill::kernels
