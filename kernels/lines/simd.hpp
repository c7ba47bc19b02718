// The loops of the drawing that run in vectors, each for the best instruction set that the machine has. All give the
// same bits as math.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/lines/math.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Elements that every array named below has beyond its last; vectors read and write there.
inline constexpr std::size_t vector_slack = 96;

/// The columns that one piece's stroke reaches; among those of all pieces, one piece after another, they are
/// [begin, begin + n_columns).
struct PieceColumns {
  int first_column, n_columns;
  std::size_t begin;

  [[nodiscard]] int last_column() const { return first_column + n_columns - 1; }
};

/// The slices of an edge, each from one of its kept abscissae to the next: y there, inverse_rise(), and the width,
/// which is negative of a top edge.
struct Slices {
  float *from, *to, *inverse, *width;
};

/// Slices come in groups of so many; those that fill one up have no width.
inline constexpr std::uint32_t slices_per_group = 4;

/// A column's slices, bottom's and then top's: Slices' [begin, begin + n). n is 0 where both edges are straight.
struct BentColumn {
  std::uint32_t begin, n;
};

/// Edges of the columns in which both are straight: at either end, and inverse_rise().
struct StraightEdges {
  float *top_from, *top_to, *inverse_top;
  float *bottom_from, *bottom_to, *inverse_bottom;
};

/// The strokes of all pieces, in all their columns.
struct LineEdges {
  StraightEdges straight;
  BentColumn* columns;
  Slices slices;
};

/// Room for the edges of one piece at all abscissae of its columns. vector_slack elements lie before them as well.
struct AbscissaEdges {
  float *top, *bottom;
};

/// Points of one piece, in pixels, and room for what SegmentEdges has of each segment.
struct PiecePoints {
  const float *x, *y;
  std::size_t n;
  float *inverse_dx, *shift, *rise;
};

/// First and last row of each image column's ink, inside 0..height - 1; first > last where there is none.
struct ColumnRows {
  std::int32_t *first, *last;
};

/// Fills the piece's columns of `edges`, from n_slices of Slices on, and widens `rows` by them. Returns the number of
/// slices so far.
std::uint32_t find_edges(const PiecePoints& points, const StrokeGrid& grid, const PieceColumns& piece, int height,
                         const AbscissaEdges& room, const LineEdges& edges, std::uint32_t n_slices,
                         const ColumnRows& rows);

/// A pixel in the making: column << 8 | coverage; 0 coverage is paper.
using Cell = std::int32_t;

/// Cells before this one hold nothing; lanes without a pixel are written there. A multiple of RunCount::n_cells.
inline constexpr std::int32_t cells_begin = 32;

/// Covers the pixels of all columns, from the left. A pixel of row r goes to cells[row_end[r]++], which must be below
/// 2^31.
void cover_columns(std::span<const PieceColumns> pieces, const LineEdges& edges, int width, int height, bool antialias,
                   const ColumnRows& rows, std::int32_t* row_end, Cell* cells);

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
