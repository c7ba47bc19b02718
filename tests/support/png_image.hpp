// Reads a grayscale PNG file with libpng.
#pragma once

#include <png.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

namespace plotmill::test {

struct GrayImage {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;  ///< [height][width]
};

/// Throws std::runtime_error for anything but an 8-bit grayscale PNG without a single warning.
[[nodiscard]] inline GrayImage read_png(std::span<const std::uint8_t> file) {
  const auto fail = [](png_structp, png_const_charp text) { throw std::runtime_error(text); };
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, fail);
  png_infop info = png_create_info_struct(png);
  struct Close {
    png_structp* png;
    png_infop* info;
    ~Close() { png_destroy_read_struct(png, info, nullptr); }
  } const close{&png, &info};
  png_set_read_fn(png, &file, [](png_structp reader, png_bytep to, png_size_t n) {
    auto& rest = *static_cast<std::span<const std::uint8_t>*>(png_get_io_ptr(reader));
    if (n > rest.size()) throw std::runtime_error("the file ends early");
    std::memcpy(to, rest.data(), n);
    rest = rest.subspan(n);
  });
  png_read_info(png, info);
  if (png_get_color_type(png, info) != PNG_COLOR_TYPE_GRAY || png_get_bit_depth(png, info) != 8) {
    throw std::runtime_error("not 8-bit grayscale");
  }
  GrayImage image{png_get_image_width(png, info), png_get_image_height(png, info), {}};
  image.pixels.resize(std::size_t{image.width} * image.height);
  for (std::size_t y = 0; y < image.height; ++y) {
    png_read_row(png, image.pixels.data() + y * image.width, nullptr);
  }
  png_read_end(png, nullptr);
  if (!file.empty()) throw std::runtime_error("bytes follow the end of the file");
  return image;
}

}  // namespace plotmill::test
