// Coverage of the pixels that the stroke may reach. A column's rows are cut into items of a few rows, one for each
// thread at a time: a pixel's lower edge is the next one's upper edge, and what is read of a column serves them all.
#pragma once

#include "kernels/draw_lines_device_edges.hpp"

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
    rows = {std::min(rows.first, more.first), std::max(rows.last, more.last)};
  }
  return rows;
}

/// Fills items; returns how many there are.
template <class Block>
[[nodiscard]] PLOTMILL_DEVICE std::uint32_t find_items(Block& block, const LineJob& job, const LineScratch& scratch,
                                                       const LineCounts& counts) {
  const std::uint32_t width = job.options.width;
  const std::uint32_t n_items = block.exclusive_sums(
      width, 0U,
      [&](std::uint32_t column) {
        const int x = static_cast<int>(column);
        const RowRange rows = rows_at(scratch, pieces_at(scratch, counts.n_pieces, x), x);
        return static_cast<std::uint32_t>((rows.last - rows.first + rows_per_item) / rows_per_item);
      },
      [&](std::uint32_t x, std::uint32_t before) { scratch.items[x] = before; });
  block.for_each(1, [&](std::uint32_t) { scratch.items[width] = n_items; });
  return n_items;
}

/// A column's stroke between straight edges; twice its area below a height.
struct StraightStroke {
  float top_from, top_to, bottom_from, bottom_to, inverse_top, inverse_bottom;

  PLOTMILL_DEVICE StraightStroke(const float* top, const float* bottom)
      : top_from(top[0]),
        top_to(top[slices_per_pixel]),
        bottom_from(bottom[0]),
        bottom_to(bottom[slices_per_pixel]),
        inverse_top(inverse_rise(top_from, top_to)),
        inverse_bottom(inverse_rise(bottom_from, bottom_to)) {}

  [[nodiscard]] PLOTMILL_DEVICE float area_below(float y) const {
    return twice_mean_depth(depth_below(bottom_from, y), depth_below(bottom_to, y), inverse_bottom) -
           twice_mean_depth(depth_below(top_from, y), depth_below(top_to, y), inverse_top);
  }
};

/// The same in four slices.
struct CurvedStroke {
  float top[slices_per_pixel + 1], bottom[slices_per_pixel + 1];
  float inverse_top[slices_per_pixel], inverse_bottom[slices_per_pixel];

  PLOTMILL_DEVICE CurvedStroke(const float* top_edge, const float* bottom_edge) {
    for (int i = 0; i <= slices_per_pixel; ++i) {
      top[i] = top_edge[i];
      bottom[i] = bottom_edge[i];
    }
    for (int i = 0; i < slices_per_pixel; ++i) {
      inverse_top[i] = inverse_rise(top[i], top[i + 1]);
      inverse_bottom[i] = inverse_rise(bottom[i], bottom[i + 1]);
    }
  }

  [[nodiscard]] PLOTMILL_DEVICE float area_below(float y) const {
    float areas[slices_per_pixel];
    float top_from = depth_below(top[0], y);
    float bottom_from = depth_below(bottom[0], y);
    for (int i = 0; i < slices_per_pixel; ++i) {
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

/// Adds the coverage of the rows from `first` on, as far as the stroke reaches.
template <class Stroke>
PLOTMILL_DEVICE void add_coverage(const Stroke& stroke, const RowRange& rows, int first, int (&sums)[rows_per_item]) {
  float area_from = stroke.area_below(row_top(first));
  for (int i = 0; i < rows_per_item; ++i) {
    const int row = first + i;
    const float area_to = stroke.area_below(row_top(row + 1));
    if (row >= rows.first && row <= rows.last) sums[i] += coverage_between(area_from, area_to);
    area_from = area_to;
  }
}

/// Calls put(column, row, coverage) for each pixel of an item that is ink.
template <class Put>
PLOTMILL_DEVICE void cover_item(const LineJob& job, const LineScratch& scratch, const LineCounts& counts,
                                std::uint32_t item, Put put) {
  const std::uint32_t column =
      first_where(1, job.options.width, [&](std::uint32_t next) { return scratch.items[next] > item; }) - 1;
  const int x = static_cast<int>(column);
  const PieceRange pieces = pieces_at(scratch, counts.n_pieces, x);
  const RowRange rows = rows_at(scratch, pieces, x);
  const int first = rows.first + rows_per_item * static_cast<int>(item - scratch.items[column]);
  int sums[rows_per_item] = {};
  for (std::uint32_t p = pieces.begin; p < pieces.end; ++p) {
    const std::uint32_t slot = slot_at(scratch, p, x);
    const float* const top = scratch.top + slices_per_pixel * slot + p;
    const float* const bottom = scratch.bottom + slices_per_pixel * slot + p;
    if (scratch.straight[slot] != 0) {
      add_coverage(StraightStroke(top, bottom), scratch.rows[slot], first, sums);
    } else {
      add_coverage(CurvedStroke(top, bottom), scratch.rows[slot], first, sums);
    }
  }
  for (int i = 0; i < rows_per_item; ++i) {
    const int coverage = job.options.antialias ? std::min(sums[i], 255) : sums[i] > 127 ? 255 : 0;
    if (coverage > 0 && first + i <= rows.last) {
      put(column, static_cast<std::uint32_t>(first + i), static_cast<std::uint8_t>(coverage));
    }
  }
}

}  // namespace plotmill::kernels
