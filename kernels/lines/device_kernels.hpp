// The kernels that draw lines, for any Block. A block of measure_image() and of write_image() does one image; one block
// of place_images() a batch.
#pragma once

#include "kernels/lines/device_cover.hpp"

namespace plotmill {

// Here, where a Block finds it.
[[nodiscard]] PLOTMILL_DEVICE inline InkSize operator+(const InkSize& a, const InkSize& b) {
  return {a.n_runs + b.n_runs, a.n_ink + b.n_ink};
}

namespace kernels {

/// Where a row of a mask begins to be ink, bit by bit, and where it ends to be. left_is_ink: 1 if the pixel to the left
/// of the word is ink, else 0.
struct RunBits {
  std::uint32_t starts, ends;

  PLOTMILL_DEVICE RunBits(std::uint32_t word, std::uint32_t left_is_ink) {
    const std::uint32_t left = word << 1U | left_is_ink;
    starts = word & ~left;
    ends = left & ~word;
  }
};

/// Finds the stroke; returns what cover_item() needs. Nothing of it depends on what the scratch holds before.
struct Stroke {
  LineCounts counts;
  ItemCounts items;
};
template <class Block>
[[nodiscard]] PLOTMILL_DEVICE Stroke find_stroke(Block& block, const LineJob& job, const double* values,
                                                 const LineScratch& scratch) {
  const LineCounts counts = find_points(block, job, values, scratch);
  find_edges(block, job, scratch, counts);
  find_slots(block, job, scratch, counts);
  return {counts, find_items(block, job, scratch, counts)};
}

/// Sets the ink bits of an image's mask.
template <class Block>
PLOTMILL_DEVICE void set_mask(Block& block, const LineJob& job, const double* values, const LineScratch& scratch,
                              std::uint32_t* mask) {
  const std::uint32_t height = job.options.height;
  const auto set = [&](std::uint32_t x, std::uint32_t row) {
    block.or_bits(mask[x / columns_per_word * height + row], 1U << x % columns_per_word);
  };
  block.for_each(job.mask_words(), [&](std::uint32_t i) { mask[i] = 0; });
  const Stroke stroke = find_stroke(block, job, values, scratch);
  block.for_each(stroke.items.n_items(), [&](std::uint32_t item) {
    cover_item(job, scratch, stroke.counts, stroke.items, item,
               [&](std::uint32_t x, std::uint32_t row, std::uint8_t) { set(x, row); });
  });
  if (job.options.antialias) return;
  block.for_each(stroke.counts.n_points, [&](std::uint32_t k) {
    set(static_cast<std::uint32_t>(pixel_of(scratch.x[k])), static_cast<std::uint32_t>(pixel_of(scratch.y[k])));
  });
}

/// Fills the image's part of work: mask, n_before, rows, and its own size in images.
template <class Block>
PLOTMILL_DEVICE void measure_image(Block& block, const LineJob& job, const LineWork& work, const double* values,
                                   const LineScratch& scratch, std::uint32_t image) {
  const ImageWork own(job, work, image);
  const std::uint32_t height = job.options.height;
  set_mask(block, job, values + std::uint64_t{image} * job.n_points, scratch, own.masks);
  const InkSize size = block.exclusive_sums(
      height, InkSize{0, 0},
      [&](std::uint32_t row) {
        InkSize in_row{0, 0};
        std::uint32_t left_is_ink = 0;
        for (std::uint32_t i = row; i < job.mask_words(); i += height) {
          const std::uint32_t word = own.masks[i];
          own.n_before[i] = static_cast<std::uint16_t>(in_row.n_ink);
          in_row.n_runs += count_ones(RunBits(word, left_is_ink).starts);
          in_row.n_ink += count_ones(word);
          left_is_ink = word >> (columns_per_word - 1);
        }
        return in_row;
      },
      [&](std::uint32_t row, const InkSize& above) { own.rows[row] = above; });
  block.for_each(1, [&](std::uint32_t) { work.images[image] = size; });
}

/// Turns the images' sizes into those of all images before each. Sets *size to that of the batch.
template <class Block>
PLOTMILL_DEVICE void place_images(Block& block, InkSize* images, std::uint32_t n_images, InkSize* size) {
  const InkSize all = block.exclusive_sums(
      n_images, InkSize{0, 0}, [&](std::uint32_t i) { return images[i]; },
      [&](std::uint32_t i, const InkSize& before) { images[i] = before; });
  block.for_each(1, [&](std::uint32_t) { *size = all; });
}

/// Writes the runs of one row.
PLOTMILL_DEVICE inline void write_runs(const LineJob& job, const std::uint32_t* mask, std::uint32_t row, Run* runs) {
  const std::uint32_t height = job.options.height;
  std::uint32_t left_is_ink = 0;
  std::uint32_t start = 0;
  const auto end_run = [&](std::uint32_t x) {
    *runs++ = {static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(x - start)};
  };
  for (std::uint32_t i = 0; i < job.n_words; ++i) {
    const std::uint32_t word = mask[i * height + row];
    // Starts and ends take turns.
    const RunBits bits(word, left_is_ink);
    std::uint32_t turns = bits.starts | bits.ends;
    bool inside = left_is_ink != 0;
    while (turns != 0) {
      const std::uint32_t x = i * columns_per_word + lowest_one(turns);
      turns &= turns - 1;
      if (inside) {
        end_run(x);
      } else {
        start = x;
      }
      inside = !inside;
    }
    left_is_ink = word >> (columns_per_word - 1);
  }
  if (left_is_ink != 0) end_run(job.n_words * columns_per_word);  // Only where the image ends with a whole word.
}

/// Writes the image's part of packed ink, after measure_image() and place_images().
template <class Block>
PLOTMILL_DEVICE void write_image(Block& block, const LineJob& job, const LineWork& work, const double* values,
                                 const LineScratch& scratch, std::uint32_t image, std::uint32_t n_images,
                                 const InkSize& size, const PackedInk& packed) {
  const ImageWork own(job, work, image);
  const std::uint32_t height = job.options.height;
  const bool is_last = image + 1 == n_images;
  const InkSize before = work.images[image];
  const InkSize after = is_last ? size : work.images[image + 1];
  block.for_each(height, [&](std::uint32_t row) {
    const std::uint32_t first_run = before.n_runs + own.rows[row].n_runs;
    packed.row_begin[std::uint64_t{image} * height + row] = first_run;
    write_runs(job, own.masks, row, packed.runs + first_run);
  });
  block.for_each(1, [&](std::uint32_t) {
    packed.coverage_begin[image] = before.n_ink;
    if (!is_last) return;
    packed.coverage_begin[n_images] = size.n_ink;
    packed.row_begin[std::uint64_t{n_images} * height] = size.n_runs;
  });
  std::uint8_t* const coverage = packed.coverage + before.n_ink;
  if (!job.options.antialias) {
    block.for_each(after.n_ink - before.n_ink, [&](std::uint32_t i) { coverage[i] = 255; });
    return;
  }
  const Stroke stroke = find_stroke(block, job, values + std::uint64_t{image} * job.n_points, scratch);
  block.for_each(stroke.items.n_items(), [&](std::uint32_t item) {
    cover_item(job, scratch, stroke.counts, stroke.items, item,
               [&](std::uint32_t x, std::uint32_t row, std::uint8_t covered) {
                 const std::uint32_t i = x / columns_per_word * height + row;
                 const std::uint32_t left = own.masks[i] & ((1U << x % columns_per_word) - 1);
                 coverage[own.rows[row].n_ink + own.n_before[i] + count_ones(left)] = covered;
               });
  });
}

}  // namespace kernels
}  // namespace plotmill
