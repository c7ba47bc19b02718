// The loops of the drawing that run in vectors, each for the best instruction set that the machine has. All give the
// same bits as math.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/lines/math.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Elements that every array named below has beyond its last; vectors read and write there.
inline constexpr std::size_t vector_slack = 96;

/// The stroke of one piece in whole columns. In LineEdges its abscissae, from the left end of the first column to the
/// right end of the last, lie at [begin] and following, the parts of its columns at [parts_begin] and following.
struct PieceIntervals {
  int first_column, n_columns;
  std::size_t begin, parts_begin;

  [[nodiscard]] int end_column() const { return first_column + n_columns; }
};

struct LineEdges {
  float *top, *bottom;                  ///< Of the stroke at each abscissa.
  float *inverse_top, *inverse_bottom;  ///< inverse_rise() of each part; 0 unless both edges are straight in it.
};

/// Points of one piece, in pixels.
struct PiecePoints {
  const float *x, *y;
  std::size_t n;
};

/// First and last row of each image column's ink, inside 0..height - 1; first > last where there is none.
struct ColumnRows {
  std::int32_t *first, *last;
};

/// Fills the piece's part of `edges` and widens the rows of its columns. Where the stroke ends within the piece's
/// columns, the abscissae beyond have the empty interval at the end point's y.
void find_edges(const PiecePoints& points, const StrokeGrid& grid, const PieceIntervals& piece, const LineEdges& edges,
                const ColumnRows& rows, int height);

/// A pixel in the making: column << 8 | coverage; 0 coverage is paper.
using Cell = std::int32_t;

/// Cells before this one hold nothing; lanes without a pixel are written there. A multiple of RunCount::n_cells.
inline constexpr std::int32_t cells_begin = 32;

/// Where pixels go, columns from the left: one of row r to cells[row_end[r]++], which must be below 2^31.
struct CellRows {
  int height;
  bool antialias;
  ColumnRows rows;
  std::int32_t* row_end;
  Cell* cells;
};

/// Covers the pixels of columns [from, to), which the piece alone reaches.
void cover_columns(const PieceIntervals& piece, int from, int to, const StrokeGrid& grid, const LineEdges& edges,
                   const CellRows& out);

/// Adds a piece's coverage of the rows of column x to sums [height], at most 255; then, for all pieces that reach it,
/// its pixels.
void add_column(const PieceIntervals& piece, int x, const StrokeGrid& grid, const LineEdges& edges, const CellRows& out,
                std::int32_t* sums);
void put_column(int x, const std::int32_t* sums, const CellRows& out);

/// Which of n_cells cells begin a run, and how many runs begin before them.
struct RunCount {
  static constexpr std::size_t n_cells = 16;
  std::uint32_t before;
  std::uint32_t starts;  ///< Bit k for cell k.
};

/// Turns one image's cells into runs. The rows' cells lie behind each other; before each row, as behind the last one
/// and beyond, are cells that are 0. Writes coverage [n_ink] and, for each run, x | index of its first coverage << 16,
/// modulo 2^32, to starts, and a RunCount for every 16 cells. Returns n_ink.
std::size_t cells_to_runs(const Cell* cells, std::size_t n_cells, std::uint8_t* coverage, std::int32_t* starts,
                          RunCount* counts);

/// Sets row_begin[r + 1] - row_begin[r] to the runs of each row, whose cells end before cells[row_end[r]].
void count_row_runs(const RunCount* counts, const std::int32_t* row_end, std::size_t height, std::uint32_t* row_begin);

/// Gives each run its length: `starts` is as cells_to_runs() leaves it, and starts[n] is n_ink << 16.
void finish_runs(const std::int32_t* starts, std::size_t n, Run* out);

}  // namespace plotmill::kernels
