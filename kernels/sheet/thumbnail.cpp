// See thumbnail.hpp.
#include "kernels/sheet/thumbnail.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace plotmill::kernels {

Thumbnail::Thumbnail(std::uint32_t image_width, std::uint32_t image_height, std::uint32_t width, std::uint32_t height,
                     std::uint8_t paper)
    : image_width_(image_width),
      image_height_(image_height),
      width_(width),
      height_(height),
      paper_(paper),
      sums_(std::size_t{width} * height, 0) {}

void Thumbnail::add_pixel(std::uint32_t x, std::uint32_t y, std::uint8_t gray) {
  const std::int64_t difference = std::int64_t{gray} - paper_;
  if (difference == 0) return;
  // At most 65535^2, so that the greatest sum, 255 times a pixel's area, stays far below 2^63.
  const std::uint64_t left = x * width_;
  const std::uint64_t right = left + width_;
  const std::uint64_t upper = y * height_;
  const std::uint64_t lower = upper + height_;
  for (std::uint64_t row = upper / image_height_; row * image_height_ < lower; ++row) {
    const std::uint64_t high = std::min(lower, (row + 1) * image_height_) - std::max(upper, row * image_height_);
    for (std::uint64_t column = left / image_width_; column * image_width_ < right; ++column) {
      const std::uint64_t wide = std::min(right, (column + 1) * image_width_) - std::max(left, column * image_width_);
      sums_[row * width_ + column] += difference * static_cast<std::int64_t>(wide * high);
    }
  }
}

void Thumbnail::add(const InkImageView& image) {
  assert(image.shape.width == image_width_ && image.shape.height == image_height_ && image.shape.paper == paper_);
  std::size_t pixel = 0;
  for (std::uint32_t y = 0; y < image.shape.height; ++y) {
    for (std::size_t r = image.row_begin[y] - image.row_begin[0]; r < image.row_begin[y + 1] - image.row_begin[0];
         ++r) {
      const Run run = image.runs[r];
      for (std::uint32_t x = run.x; x < std::uint32_t{run.x} + run.n; ++x) {
        add_pixel(x, y, image.shape.gray(image.coverage[pixel++]));
      }
    }
  }
}

void Thumbnail::add(std::span<const std::uint8_t> pixels) {
  assert(pixels.size() == image_width_ * image_height_);
  for (std::uint32_t y = 0; y < image_height_; ++y) {
    const auto row = pixels.subspan(y * image_width_, image_width_);
    for (std::uint32_t x = 0; x < image_width_; ++x) add_pixel(x, y, row[x]);
  }
}

std::vector<std::uint8_t> Thumbnail::pixels() const {
  const auto area = static_cast<std::int64_t>(image_width_ * image_height_);
  std::vector<std::uint8_t> pixels(sums_.size());
  std::ranges::transform(sums_, pixels.begin(), [&](std::int64_t sum) {
    return static_cast<std::uint8_t>((2 * (paper_ * area + sum) + area) / (2 * area));  // Rounded half up.
  });
  return pixels;
}

}  // namespace plotmill::kernels
