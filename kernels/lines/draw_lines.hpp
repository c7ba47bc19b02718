// Draws line charts, series by series, into ink. One object for each thread; see plotmill/draw_lines.hpp for what a
// chart is and math.hpp for the arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/lines/math.hpp"
#include "kernels/lines/simd.hpp"
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

/// A number as messages show it: the fewest digits that tell it from all other doubles.
[[nodiscard]] std::string shown_number(double value);

/// Why a series can't be drawn, as `flat` and `gaps` ask for; nothing where it can.
[[nodiscard]] std::optional<std::string> refusal(const LineOptions& options, std::span<const double> series);

/// Normalises `series`, drops what is not finite as `options.gaps` says, and pairs it with `x`. Throws Error (input) of
/// a series that is refused.
void line_points(const LineOptions& options, std::span<const float> x, std::span<const double> series, LinePoints& out);

/// Radius of the stroke in pixels.
[[nodiscard]] StrokeGrid stroke_grid(const LineOptions& options, std::size_t n_points);

[[nodiscard]] inline ImageShape image_shape(const LineOptions& options) {
  return {options.width, options.height, options.paper, options.ink};
}

/// Owns what LineEdges points to.
struct EdgeRoom {
  std::vector<float> top, bottom, inverse_top, inverse_bottom;

  void make(std::size_t n_abscissae, std::size_t n_parts);
  [[nodiscard]] LineEdges edges() { return {top.data(), bottom.data(), inverse_top.data(), inverse_bottom.data()}; }
};

/// Holds the scratch for one thread. Its memory grows to what the densest series needs and stays; it is at most
/// max_bytes().
class LineDrawer {
 public:
  /// `options` must be valid (check_options()); series must have n_points values, at least 1.
  LineDrawer(const LineOptions& options, std::size_t n_points);

  /// Appends one image to `ink`, whose shape must be image_shape(options). A series without a finite value leaves it
  /// all paper. Throws Error (input) as `flat` and `gaps` ask for, with `ink` unchanged.
  void draw(std::span<const double> series, Ink& ink);

  /// Bytes of scratch that one drawer holds at most.
  [[nodiscard]] static std::uint64_t max_bytes(const LineOptions& options, std::size_t n_points);

 private:
  void find_pieces();
  void cover(const CellRows& out);
  void cover_shared(int x, std::size_t begin, std::size_t end, const CellRows& out);
  [[nodiscard]] PiecePoints points_of(std::size_t piece) const;
  [[nodiscard]] PiecePoints points_near(std::size_t piece, int x) const;
  void place_rows();
  void set_points_without_antialias();
  void append_rows(Ink& ink);

  LineOptions options_;
  std::vector<float> x_;
  StrokeGrid grid_;
  LinePoints points_;
  std::vector<PieceIntervals> pieces_;
  EdgeRoom edges_;                                  ///< Of all columns.
  EdgeRoom shared_;                                 ///< Of one column of one piece, where several reach it.
  std::vector<std::int32_t> sums_;                  ///< [height]: the coverage of such a column.
  std::vector<std::int32_t> first_row_, last_row_;  ///< [width]
  std::vector<std::int32_t> row_end_;               ///< [height]
  std::vector<Cell> cells_;
  std::vector<std::uint8_t> coverage_;
  std::vector<std::int32_t> starts_;  ///< Runs as cells_to_runs() leaves them.
  std::vector<RunCount> run_counts_;
  std::vector<Run> runs_;
};

}  // namespace plotmill::kernels
