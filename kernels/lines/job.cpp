// How much scratch an image takes at most, and where its parts lie.
#include "kernels/lines/job.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/block/memory_layout.hpp"
#include "kernels/lines/draw_lines.hpp"
#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

/// Most slots that the pieces of a series have. Each reaches over the discs of its ends, one abscissa on either side,
/// and from there to whole columns; between two there is at least one point that is missing.
std::uint64_t most_slots(const LineOptions& options, std::size_t n_points, std::uint64_t n_pieces, float radius) {
  const double span = options.width - 1 - 2 * options.margin_px;
  const double between = n_points > 1 ? 2 * span / static_cast<double>(n_points - 1) : 0;
  const double reach = 2 * static_cast<double>(radius) + 3;
  const double n_slots = span + reach + static_cast<double>(n_pieces - 1) * std::max(reach - between, 0.0);
  // No piece has more than all columns.
  return static_cast<std::uint64_t>(std::min(std::ceil(n_slots), static_cast<double>(n_pieces) * options.width));
}

ScratchLayout scratch_layout(const LineOptions& options, std::size_t n_points, const StrokeGrid& grid) {
  const std::uint64_t n_pieces = (n_points + 1) / 2;
  const std::uint64_t n_slots = most_slots(options, n_points, n_pieces, grid.radius);
  const std::uint64_t n_abscissae = static_cast<std::uint64_t>(grid.slices()) * n_slots + n_pieces;
  MemoryLayout layout(256);
  ScratchLayout scratch{};
  const auto place = [&](std::uint32_t ScratchLayout::*at, std::uint64_t n, std::size_t element_bytes) {
    scratch.*at = static_cast<std::uint32_t>(layout.add(n, element_bytes));
  };
  place(&ScratchLayout::x, n_points, sizeof(float));
  place(&ScratchLayout::y, n_points, sizeof(float));
  place(&ScratchLayout::segments, n_points, sizeof(SegmentEdges));
  place(&ScratchLayout::pieces, n_pieces + 1, sizeof(DevicePiece));
  place(&ScratchLayout::top, n_abscissae, sizeof(float));
  place(&ScratchLayout::bottom, n_abscissae, sizeof(float));
  place(&ScratchLayout::rows, n_slots, sizeof(RowRange));
  place(&ScratchLayout::straight, n_slots, sizeof(std::uint16_t));
  place(&ScratchLayout::columns, options.width, sizeof(std::uint16_t));
  place(&ScratchLayout::items, options.width, sizeof(std::uint32_t));
  if (n_points > std::numeric_limits<std::uint32_t>::max() / 64 ||
      layout.n_bytes() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorKind::device, "series of " + std::to_string(n_points) + " points take more than 4 GiB each on a " +
                                       "GPU; draw shorter ones or choose the device cpu");
  }
  scratch.n_bytes = static_cast<std::uint32_t>(layout.n_bytes());
  return scratch;
}

}  // namespace

LineJob line_job(const LineOptions& options, std::size_t n_points) {
  const StrokeGrid grid = stroke_grid(options, n_points);
  const std::uint32_t n_words = (options.width + columns_per_word - 1) / columns_per_word;
  const ScratchLayout scratch = scratch_layout(options, n_points, grid);
  return {options, static_cast<std::uint32_t>(n_points), grid, grid.radius * (1 + 0x1p-20F), n_words, scratch};
}

}  // namespace plotmill::kernels
