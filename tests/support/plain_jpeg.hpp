// Grayscale JPEG as libjpeg's own example code writes and reads it.
#pragma once

#include <jpeglib.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace plotmill::test {

[[nodiscard]] inline std::vector<std::uint8_t> plain_jpeg(std::span<const std::uint8_t> pixels, std::uint32_t width,
                                                          std::uint32_t height, int quality) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long n_bytes = 0;
  jpeg_mem_dest(&info, &memory, &n_bytes);
  info.image_width = width;
  info.image_height = height;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < height) {
    JSAMPROW row = const_cast<JSAMPROW>(pixels.data()) + std::size_t{info.next_scanline} * width;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<std::uint8_t> file(memory, memory + n_bytes);
  std::free(memory);
  return file;
}

/// The pixels; empty where the file is not grayscale.
[[nodiscard]] inline std::vector<std::uint8_t> read_jpeg(std::span<const std::uint8_t> file) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  std::vector<std::uint8_t> pixels;
  if (info.output_components == 1) {
    pixels.resize(std::size_t{info.output_width} * info.output_height);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels.data() + std::size_t{info.output_scanline} * info.output_width;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return pixels;
}

}  // namespace plotmill::test
