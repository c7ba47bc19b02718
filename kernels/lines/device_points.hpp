// From values to points in pixels, segments and pieces: the first phases of an image.
#pragma once

#include <cmath>

#include "kernels/lines/job.hpp"
#include "kernels/lines/scale.hpp"

namespace plotmill::kernels {

/// How much of its scratch an image uses.
struct LineCounts {
  std::uint32_t n_points, n_pieces, n_slots;

  [[nodiscard]] PLOTMILL_DEVICE friend LineCounts operator+(const LineCounts& a, const LineCounts& b) {
    return {a.n_points + b.n_points, a.n_pieces + b.n_pieces, a.n_slots + b.n_slots};
  }
};

/// The finite values of a series: what they span, and the indices of the first and the last.
struct FiniteValues {
  double least, greatest;
  std::uint32_t first, last;
};

template <class Block>
[[nodiscard]] PLOTMILL_DEVICE FiniteValues find_finite(Block& block, const double* values, std::uint32_t n) {
  constexpr FiniteValues none{infinity, -infinity, greatest_u32, 0};
  return block.reduce(
      n, none,
      [&](std::uint32_t k) {
        const double value = values[k];
        return std::isfinite(value) ? FiniteValues{value, value, k, k} : none;
      },
      [](const FiniteValues& a, const FiniteValues& b) {
        return FiniteValues{lesser(a.least, b.least), greater(a.greatest, b.greatest), lesser(a.first, b.first),
                            greater(a.last, b.last)};
      });
}

/// Sets x, y and the first point of each piece.
template <class Block>
[[nodiscard]] PLOTMILL_DEVICE LineCounts place_points(Block& block, const LineJob& job, const double* values,
                                                      const LineScratch& scratch) {
  const std::uint32_t n = job.n_points;
  const FiniteValues finite = find_finite(block, values, n);
  if (finite.first > finite.last) return {0, 0, 0};
  const LineOptions& options = job.options;
  const ValueScale scale = value_scale(options, {finite.least, finite.greatest});
  const double span_px = options.width - 1 - 2 * options.margin_px;
  const bool bridge = options.gaps == Gaps::interpolate;
  const auto is_point = [&](std::uint32_t k) { return std::isfinite(values[k]) || (bridge && (k == 0 || k == n - 1)); };
  const auto begins_piece = [&](std::uint32_t k) { return k == 0 || (!bridge && !is_point(k - 1)); };
  return block.exclusive_sums(
      n, LineCounts{0, 0, 0},
      [&](std::uint32_t k) {
        return is_point(k) ? LineCounts{1, begins_piece(k) ? 1U : 0U, 0} : LineCounts{0, 0, 0};
      },
      [&](std::uint32_t k, const LineCounts& before) {
        if (!is_point(k)) return;
        // An end that is bridged has the nearest value.
        const double value = values[lesser(greater(k, finite.first), finite.last)];
        scratch.x[before.n_points] = point_x(k, n, options.margin_px, span_px);
        scratch.y[before.n_points] = scale.y(value);
        if (begins_piece(k)) scratch.pieces[before.n_pieces].point_begin = before.n_points;
      });
}

/// Fills x, y, segments and pieces.
template <class Block>
[[nodiscard]] PLOTMILL_DEVICE LineCounts find_points(Block& block, const LineJob& job, const double* values,
                                                     const LineScratch& scratch) {
  LineCounts counts = place_points(block, job, values, scratch);
  block.for_each(counts.n_points, [&](std::uint32_t k) {
    // From one piece to the next there is a segment as well; nobody looks at it.
    if (k + 1 < counts.n_points) {
      scratch.segments[k] =
          SegmentEdges(scratch.x[k], scratch.y[k], scratch.x[k + 1], scratch.y[k + 1], job.grid.radius);
    } else {
      scratch.pieces[counts.n_pieces].point_begin = counts.n_points;
    }
  });
  const auto columns_of = [&](std::uint32_t p) {
    const float first_x = scratch.x[scratch.pieces[p].point_begin];
    const float last_x = scratch.x[scratch.pieces[p + 1].point_begin - 1];
    return columns_reached(first_x, last_x, job.grid, static_cast<int>(job.options.width));
  };
  counts.n_slots = block.exclusive_sums(
      counts.n_pieces, 0U, [&](std::uint32_t p) { return static_cast<std::uint32_t>(columns_of(p).n); },
      [&](std::uint32_t p, std::uint32_t before) {
        scratch.pieces[p].slot_begin = before;
        scratch.pieces[p].first_column = columns_of(p).first;
      });
  block.for_each(1, [&](std::uint32_t) { scratch.pieces[counts.n_pieces].slot_begin = counts.n_slots; });
  return counts;
}

}  // namespace plotmill::kernels
