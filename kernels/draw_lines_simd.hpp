// The loops of the drawing that run in vectors, each for the best instruction set that the machine has. All give the
// same bits as draw_lines_math.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Elements that every array named below has beyond its last; vectors read and write there.
inline constexpr std::size_t vector_slack = 96;

/// The stroke of one piece in whole columns. In LineEdges its abscissae, 4 n_columns + 1 of them from the left end of the
/// first column to the right end of the last, lie at [begin] and following, its columns at [columns_begin] and following.
struct PieceIntervals {
  int first_column, n_columns;
  std::size_t begin, columns_begin;

  [[nodiscard]] int first_abscissa() const { return 4 * first_column - 2; }
  [[nodiscard]] int last_abscissa() const { return first_abscissa() + 4 * n_columns; }
};

struct LineEdges {
  float *top, *bottom;                  ///< Of the stroke at each abscissa.
  float *inverse_top, *inverse_bottom;  ///< inverse_rise() of each column; 0 unless both edges are straight in it.
};

/// Points of one piece, in pixels.
struct PiecePoints {
  const float *x, *y;
  std::size_t n;
};

/// Fills the piece's part of `edges` at its abscissae. Where the stroke ends within the piece's columns, the abscissae beyond have the
/// empty interval at the end point's y.
void find_edges(const PiecePoints& points, float radius, const PieceIntervals& piece, const LineEdges& edges);

/// First and last row of each column's ink, over all pieces: inside 0..height - 1; first > last where there is none.
/// Fills the columns' part of `edges`.
void find_columns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height,
                      std::int32_t* first_row, std::int32_t* last_row);

/// A pixel in the making: column << 8 | coverage; 0 coverage is paper.
using Cell = std::int32_t;

/// Covers the pixels of all columns, from the left. A pixel of row r goes to cells[row_end[r]++], which must be below
/// 2^31. One cell behind the last of each row is overwritten.
void cover_columns(std::span<const PieceIntervals> pieces, const LineEdges& edges, int width, int height,
                   bool antialias, const std::int32_t* first_row, const std::int32_t* last_row, std::int32_t* row_end,
                   Cell* cells);

/// Turns one image's cells into runs. Row r's cells end before row_end[r] and begin two behind the end of the row above
/// (the first: at 1), the one before them being 0. Writes coverage [n_ink] and, for each run, x | index of its first
/// coverage << 16, modulo 2^32, to starts; sets row_begin[r + 1] - row_begin[r] for every row and returns n_ink.
std::size_t cells_to_rows(const Cell* cells, const std::int32_t* row_end, std::size_t height, std::uint8_t* coverage,
                          std::int32_t* starts, std::uint32_t* row_begin);

/// Gives each run its length: `starts` is as cells_to_rows() leaves it, and starts[n] is n_ink << 16.
void finish_runs(const std::int32_t* starts, std::size_t n, Run* out);

}  // namespace plotmill::kernels
