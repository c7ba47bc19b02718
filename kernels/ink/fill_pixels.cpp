// Ink to gray pixels.
#include <cassert>

#include "kernels/ink/fill_rows.hpp"

namespace plotmill {

void fill_pixels(const InkImageView& image, std::span<std::uint8_t> pixels) {
  assert(pixels.size() == image.shape.n_pixels());
  kernels::fill_rows(image, kernels::gray_table(image.shape), pixels.data(), image.shape.width);
}

}  // namespace plotmill
