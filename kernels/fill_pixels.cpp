// Ink to gray pixels.
#include <algorithm>
#include <array>

#include "plotmill/ink.hpp"

namespace plotmill {

void fill_pixels(const InkImageView& image, std::span<std::uint8_t> pixels) {
  std::array<std::uint8_t, 256> gray;
  for (std::size_t coverage = 0; coverage < gray.size(); ++coverage) {
    gray[coverage] = image.shape.gray(static_cast<std::uint8_t>(coverage));
  }
  std::fill(pixels.begin(), pixels.end(), image.shape.paper);
  const std::uint8_t* coverage = image.coverage.data();
  const Run* run = image.runs.data();
  for (std::size_t y = 0; y < image.shape.height; ++y) {
    std::uint8_t* row = pixels.data() + y * image.shape.width;
    const Run* const row_end = image.runs.data() + (image.row_begin[y + 1] - image.row_begin[0]);
    for (; run != row_end; ++run) {
      for (std::size_t x = run->x; x < std::size_t{run->x} + run->n; ++x) row[x] = gray[*coverage++];
    }
  }
}

}  // namespace plotmill
