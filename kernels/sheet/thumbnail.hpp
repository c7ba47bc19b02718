// An image in another size: each pixel is the mean of what it covers, weighted by area, in integers and exact but for
// one rounding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plotmill/ink.hpp"

namespace plotmill::kernels {

class Thumbnail {
 public:
  /// All sizes are 1..65535. The image is all `paper` where nothing is added.
  Thumbnail(std::uint32_t image_width, std::uint32_t image_height, std::uint32_t width, std::uint32_t height,
            std::uint8_t paper);

  /// Of `image` the shape's size is that of this thumbnail's image. The cost follows the ink.
  void add(const InkImageView& image);

  /// Row-major gray pixels of the whole image.
  void add(std::span<const std::uint8_t> pixels);

  /// Row-major, of the size asked for.
  [[nodiscard]] std::vector<std::uint8_t> pixels() const;

 private:
  void add_pixel(std::uint32_t x, std::uint32_t y, std::uint8_t gray);

  // Areas are counted in units of which a pixel of the thumbnail is image_width wide and image_height high, and a pixel
  // of the image width wide and height high: all borders lie on whole numbers.
  std::uint64_t image_width_, image_height_, width_, height_;
  std::uint8_t paper_;
  std::vector<std::int64_t> sums_;  ///< Of each pixel: area times what is added to the paper's gray.
};

}  // namespace plotmill::kernels
