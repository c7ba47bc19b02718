// Ink to a JPEG file: grayscale, baseline, with libjpeg's accurate integer DCT and the standard Huffman tables. The
// bytes are those that libjpeg writes for the image's pixels. Only blocks that hold ink are computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/ink/fill_rows.hpp"
#include "kernels/jpeg/bits.hpp"
#include "kernels/jpeg/dct.hpp"
#include "kernels/jpeg/scan.hpp"
#include "kernels/jpeg/setup.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Encodes images of one shape. One thread at a time. Allocates only when it is made and where `out` has to grow.
class JpegEncoder {
 public:
  /// Greatest width and height that libjpeg takes.
  static constexpr std::uint32_t max_dimension = jpeg_max_dimension;

  /// `quality` is libjpeg's, 1..100. Throws Error (definition) for a shape above max_dimension and Error
  /// (out_of_memory, internal) with libjpeg's words.
  JpegEncoder(const ImageShape& shape, int quality);

  /// Appends a whole file to `out`, the same bytes that libjpeg gives for the image's pixels. `image` has the encoder's
  /// shape.
  void encode(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Bytes that a file takes at most.
  [[nodiscard]] static std::uint64_t max_bytes(const ImageShape& shape) noexcept;

  /// Memory that one object holds.
  [[nodiscard]] static std::uint64_t footprint(const ImageShape& shape) noexcept;

 private:
  JpegEncoder(const ImageShape& shape, const JpegSetup& setup);

  void fill_strip(const InkImageView& image, std::size_t first_row);
  void find_blocks();
  JpegSamples& complete(std::size_t column, std::size_t n_rows);
  void put_blocks(std::size_t n_rows, JpegBitWriter& bits);

  ImageShape shape_;
  std::size_t n_columns_;  ///< Blocks side by side.
  PixelTable<std::uint8_t> gray_;
  std::vector<std::uint8_t> header_;
  JpegDivisors divisors_;
  JpegScan scan_;
  std::vector<std::uint8_t> strip_;    ///< One row of blocks, as JpegSamples; paper between two uses.
  std::vector<std::uint8_t> has_ink_;  ///< One byte for each of its blocks, 1 where there is ink, up to whole words.
  std::vector<std::size_t> columns_;   ///< [n_columns_]: the first n_with_ink_ are those of its blocks that hold ink.
  std::size_t n_with_ink_ = 0;
  std::vector<std::uint8_t> bytes_;         ///< Codes of one row of blocks.
  const std::uint8_t* coverage_ = nullptr;  ///< Of the image in work, what comes next.
};

}  // namespace plotmill::kernels
