// What of a JPEG file does not depend on the image's pixels. libjpeg says it, so that nothing of it is typed in here.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Greatest width and height that libjpeg takes.
inline constexpr std::uint32_t jpeg_max_dimension = 65500;

/// A Huffman code; length 0 where the table lacks the symbol.
struct JpegCode {
  std::uint16_t code = 0;
  std::uint8_t length = 0;
};

/// Code of each symbol.
using JpegHuffmanTable = std::array<JpegCode, 256>;

struct JpegSetup {
  std::vector<std::uint8_t> header;     ///< All bytes up to the scan's first one.
  std::array<std::uint16_t, 64> steps;  ///< The quantisation table, row-major.
  JpegHuffmanTable dc;                  ///< Codes of differences, by the number of additional bits.
  JpegHuffmanTable ac;                  ///< Codes of 16 * zeros before + number of additional bits.
};

/// For a grayscale image of that shape at libjpeg's `quality`, 1..100. Throws Error (out_of_memory, internal) with
/// libjpeg's words.
[[nodiscard]] JpegSetup jpeg_setup(const ImageShape& shape, int quality);

}  // namespace plotmill::kernels
