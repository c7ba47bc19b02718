// From packed ink to frames, for any Block. A block does a band of an image's rows: paper first, then the ink upon it
// while it is still in the cache.
#pragma once

#include "kernels/block/device_code.hpp"
#include "kernels/ink/fill_rows.hpp"
#include "kernels/ink/packed_ink.hpp"

namespace plotmill::kernels {

inline constexpr std::uint32_t rows_per_band = 32;

[[nodiscard]] PLOTMILL_DEVICE inline std::uint32_t bands_per_image(std::uint32_t height) {
  return (height + rows_per_band - 1) / rows_per_band;
}

/// Packed ink and what its pixels become.
template <class Pixel>
struct FrameJob {
  ImageShape shape;
  PackedInk packed;
  Pixel table[256];  ///< A PixelTable, as device code may index it.
  Pixel* frames;
};

/// Sets n pixels, 16 bytes at a time where they are aligned.
template <class Block, class Pixel>
PLOTMILL_DEVICE void fill_paper(Block& block, Pixel* pixels, std::uint32_t n, Pixel paper) {
  struct alignas(16) Group {
    Pixel pixels[16 / sizeof(Pixel)];
  };
  constexpr std::uint32_t per_group = 16 / sizeof(Pixel);
  const auto misaligned = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pixels) % 16 / sizeof(Pixel));
  const std::uint32_t head = lesser(n, (per_group - misaligned) % per_group);
  const std::uint32_t n_groups = (n - head) / per_group;
  Group group;
  for (Pixel& pixel : group.pixels) pixel = paper;
  auto* const groups = reinterpret_cast<Group*>(pixels + head);
  block.for_each(n_groups, [&](std::uint32_t i) { groups[i] = group; });
  const std::uint32_t tail = head + n_groups * per_group;
  block.for_each(head + (n - tail), [&](std::uint32_t i) { pixels[i < head ? i : tail + (i - head)] = paper; });
}

/// Band b of a batch whose images have bands_per_image() each.
template <class Block, class Pixel>
PLOTMILL_DEVICE void fill_band(Block& block, const FrameJob<Pixel>& job, std::uint32_t band) {
  const std::uint32_t height = job.shape.height;
  const std::uint32_t width = job.shape.width;
  const std::uint32_t image = band / bands_per_image(height);
  const std::uint32_t first_row = band % bands_per_image(height) * rows_per_band;
  const std::uint32_t n_rows = lesser(rows_per_band, height - first_row);
  const std::uint32_t* const row_begin = job.packed.row_begin + std::uint64_t{image} * height;
  const std::uint32_t first_run = row_begin[first_row];
  const std::uint32_t n_runs = row_begin[first_row + n_rows] - first_run;
  Pixel* const pixels = job.frames + (std::uint64_t{image} * height + first_row) * width;

  const Run* const image_runs = job.packed.runs + row_begin[0];
  const std::uint32_t n_above = block.reduce(
      first_run - row_begin[0], 0U, [&](std::uint32_t i) { return std::uint32_t{image_runs[i].n}; },
      [](std::uint32_t a, std::uint32_t b) { return a + b; });
  fill_paper(block, pixels, n_rows * width, job.table[0]);
  const Run* const runs = job.packed.runs + first_run;
  const std::uint8_t* const coverage = job.packed.coverage + (job.packed.coverage_begin[image] + n_above);
  (void)block.exclusive_sums(
      n_runs, 0U, [&](std::uint32_t i) { return std::uint32_t{runs[i].n}; },
      [&](std::uint32_t i, std::uint32_t n_before) {
        const std::uint32_t row =
            first_where(0, n_rows - 1, [&](std::uint32_t r) { return row_begin[first_row + r + 1] - first_run > i; });
        Pixel* const first = pixels + row * width + runs[i].x;
        for (std::uint32_t k = 0; k < runs[i].n; ++k) first[k] = job.table[coverage[n_before + k]];
      });
}

}  // namespace plotmill::kernels
