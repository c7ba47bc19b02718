// Ink to a PNG file (ISO/IEC 15948): 8-bit grayscale, rows unfiltered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/deflate/ink_code.hpp"
#include "kernels/deflate/ink_stream.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Encodes images of one shape. One thread at a time. Allocates only where `out` has to grow. Filter type 0 throughout:
/// a chart is almost all paper, which a filter would not make any shorter.
class PngEncoder {
 public:
  /// `code`, of a layout with filter bytes, must outlive the encoder.
  explicit PngEncoder(const InkCode& code) : shape_(code.layout().shape), stream_(code) {}

  /// Appends a whole file to `out`: signature, IHDR, IDAT (more than one above 1 GiB of compressed data), IEND.
  /// `image` has the code's shape.
  void encode(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Bytes that a file takes at most.
  [[nodiscard]] static std::uint64_t max_bytes(const ImageShape& shape) noexcept;

 private:
  ImageShape shape_;
  InkStream stream_;
};

}  // namespace plotmill::kernels
