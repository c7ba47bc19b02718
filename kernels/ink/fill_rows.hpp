// Ink to pixels of any type, with room between the rows: what fill_pixels() and the encoders share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// What a pixel of each coverage is stored as; [0] is paper.
template <class Pixel>
using PixelTable = std::array<Pixel, 256>;

/// The gray value for each coverage.
[[nodiscard]] inline PixelTable<std::uint8_t> gray_table(const ImageShape& shape) {
  PixelTable<std::uint8_t> table;
  for (std::size_t coverage = 0; coverage < table.size(); ++coverage) {
    table[coverage] = shape.gray(static_cast<std::uint8_t>(coverage));
  }
  return table;
}

/// The gray value for each coverage, divided by 255: white is 1.
[[nodiscard]] inline PixelTable<float> unit_table(const ImageShape& shape) {
  PixelTable<float> table;
  std::ranges::transform(gray_table(shape), table.begin(),
                         [](std::uint8_t gray) { return static_cast<float>(gray) / 255.0F; });
  return table;
}

/// Writes shape.width pixels to `first_row + y * stride` for every row y; stride, in pixels, is at least the width.
/// What lies between two rows is not touched. Allocates nothing.
template <class Pixel>
void fill_rows(const InkImageView& image, const PixelTable<Pixel>& table, Pixel* first_row, std::size_t stride) {
  const std::uint8_t* coverage = image.coverage.data();
  const Run* run = image.runs.data();
  for (std::size_t y = 0; y < image.shape.height; ++y) {
    Pixel* const row = first_row + y * stride;
    std::fill_n(row, image.shape.width, table[0]);
    const Run* const row_end = image.runs.data() + (image.row_begin[y + 1] - image.row_begin[0]);
    for (; run != row_end; ++run) {
      for (std::size_t x = run->x; x < std::size_t{run->x} + run->n; ++x) row[x] = table[*coverage++];
    }
  }
}

}  // namespace plotmill::kernels
