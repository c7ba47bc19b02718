// Ink to a PNG file (ISO/IEC 15948): 8-bit grayscale, rows unfiltered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/fill_rows.hpp"
#include "kernels/zlib_stream.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Encodes images of one shape. One thread at a time. Allocates only when it is made and where `out` has to grow.
/// Filter type 0 throughout: a chart is almost all paper, which a filter would not make any shorter.
class PngEncoder {
 public:
  explicit PngEncoder(const ImageShape& shape);

  /// Appends a whole file to `out`: signature, IHDR, IDAT (more than one above 1 GiB of compressed data), IEND.
  /// `image` has the encoder's shape.
  void encode(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Bytes that a file takes at most.
  [[nodiscard]] static std::uint64_t max_bytes(const ImageShape& shape) noexcept;

  /// Memory that one object holds.
  [[nodiscard]] static std::uint64_t footprint(const ImageShape& shape) noexcept;

 private:
  ImageShape shape_;
  PixelTable<std::uint8_t> gray_;
  std::vector<std::uint8_t> rows_;  ///< [height][1 + width]: each row behind its filter type.
  ZlibStream stream_;
};

}  // namespace plotmill::kernels
