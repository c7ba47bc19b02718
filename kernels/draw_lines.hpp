// Draws line charts, series by series, into ink. One object for each thread; see plotmill/draw_lines.hpp for what a
// chart is and draw_lines_math.hpp for the arithmetic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/draw_lines_math.hpp"
#include "plotmill/draw_lines.hpp"

namespace plotmill::kernels {

/// Points of a series in pixels, cut at its gaps.
struct LinePoints {
  std::vector<float> x, y;               ///< [n] x never falls within a piece.
  std::vector<std::size_t> piece_begin;  ///< [n_pieces + 1]: first point of each piece. Empty series: {0}.

  [[nodiscard]] std::size_t n_pieces() const { return piece_begin.size() - 1; }
};

/// x of every point of a series of that length, [n_points].
[[nodiscard]] std::vector<float> line_x(const LineOptions& options, std::size_t n_points);

/// Normalises `series`, drops what is not finite as `options.gaps` says, and pairs it with `x`. Throws Error (input).
void line_points(const LineOptions& options, std::span<const float> x, std::span<const float> series, LinePoints& out);

/// Radius of the stroke in pixels.
[[nodiscard]] float stroke_radius(const LineOptions& options);

[[nodiscard]] inline ImageShape image_shape(const LineOptions& options) {
  return {options.width, options.height, options.paper, options.ink};
}

/// Holds the scratch for one thread. Its memory grows to what the densest series needs and stays; it is at most
/// max_bytes().
class LineDrawer {
 public:
  /// `options` must be valid (check_options()); series must have n_points values, at least 1.
  LineDrawer(const LineOptions& options, std::size_t n_points);

  /// Appends one image to `ink`, whose shape must be image_shape(options). A series without a finite value leaves it
  /// all paper. Throws Error (input) as `flat` and `gaps` ask for, with `ink` unchanged.
  void draw(std::span<const float> series, Ink& ink);

  /// Bytes of scratch that one drawer holds at most.
  [[nodiscard]] static std::uint64_t max_bytes(const LineOptions& options, std::size_t n_points);

 private:
  /// The intervals of one piece inside the image: abscissae first to last, inclusive, lie at top_[begin...] and
  /// bottom_[begin...]. There are at least two.
  struct PieceIntervals {
    int first, last;
    std::size_t begin;
    int first_column, last_column;
  };

  /// Ink of one column: rows first_row to first_row + n - 1 lie at column_coverage_[begin...]; zeros are paper.
  struct ColumnInk {
    std::uint32_t column, first_row, n;
    std::size_t begin;
  };

  void find_intervals(std::size_t piece);
  void cover_columns();
  void cover_column(int column, std::span<const PieceIntervals> pieces);
  void add_piece(int column, const PieceIntervals& piece, const ColumnInk& ink);
  void to_rows(Ink& ink);

  LineOptions options_;
  std::vector<float> x_;
  float radius_;
  LinePoints points_;
  std::vector<PieceIntervals> pieces_;
  std::vector<float> top_, bottom_;
  std::vector<ColumnInk> columns_;
  std::vector<std::uint8_t> column_coverage_;
  std::size_t next_point_ = 0;               ///< First point right of the columns done so far.
  std::vector<std::uint32_t> row_position_;  ///< [height + 1]
  std::vector<std::uint16_t> row_x_;         ///< Column of each ink pixel, in row order.
};

}  // namespace plotmill::kernels
