// Ink to a JPEG file: grayscale, baseline, with libjpeg-turbo's accurate integer DCT and the standard Huffman tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/fill_rows.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Encodes images of one shape. One thread at a time. Allocates only when it is made and where `out` has to grow;
/// libjpeg itself takes and gives back its row buffers for each image.
class JpegEncoder {
 public:
  /// Greatest width and height that libjpeg takes.
  static constexpr std::uint32_t max_dimension = 65500;

  /// `quality` is libjpeg's, 1..100. Throws Error (definition) for a shape above max_dimension.
  JpegEncoder(const ImageShape& shape, int quality);
  JpegEncoder(JpegEncoder&&) noexcept;
  JpegEncoder& operator=(JpegEncoder&&) noexcept;
  ~JpegEncoder();

  /// Appends a whole file to `out`, the same bytes that libjpeg gives for the image's pixels. `image` has the encoder's
  /// shape. Throws Error (out_of_memory, internal) with libjpeg's words.
  void encode(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Bytes that a file takes at most.
  [[nodiscard]] static std::uint64_t max_bytes(const ImageShape& shape) noexcept;

  /// Memory that one object holds.
  [[nodiscard]] static std::uint64_t footprint(const ImageShape& shape) noexcept;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace plotmill::kernels
