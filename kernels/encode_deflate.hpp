// Ink to the zlib stream of a block of images: one chunk of an HDF5 dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/fill_rows.hpp"
#include "kernels/zlib_stream.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// What a pixel is stored as.
enum class PixelType {
  uint8,    ///< The gray value.
  float32,  ///< The gray value divided by 255, so that white is 1.0; little-endian.
};

[[nodiscard]] constexpr std::size_t bytes_per_pixel(PixelType type) noexcept {
  return type == PixelType::uint8 ? sizeof(std::uint8_t) : sizeof(float);
}

/// Compresses chunks of `images_per_chunk` images each: the pixels [images_per_chunk][height][width], row-major, as one
/// zlib stream (RFC 1950). One thread at a time. Holds one frame, whatever the chunk's size, and allocates only when it
/// is made and where `out` has to grow.
class DeflateEncoder {
 public:
  /// images_per_chunk is at least 1.
  DeflateEncoder(const ImageShape& shape, PixelType type, std::size_t images_per_chunk);

  /// Appends what of the chunk's stream is ready to `out`. Returns true when this was the last image of the chunk,
  /// whose stream is then complete; the next image begins the next chunk. `image` has the encoder's shape.
  [[nodiscard]] bool add(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Completes a chunk that is begun with images of paper. Does nothing where none is begun; returns whether one was.
  bool pad(std::vector<std::uint8_t>& out);

  /// Bytes that the stream of a chunk takes at most.
  [[nodiscard]] static std::uint64_t max_chunk_bytes(const ImageShape& shape, PixelType type,
                                                     std::size_t images_per_chunk) noexcept;

  /// Memory that one object holds.
  [[nodiscard]] static std::uint64_t footprint(const ImageShape& shape, PixelType type) noexcept;

 private:
  [[nodiscard]] bool add_frame(std::vector<std::uint8_t>& out);

  ImageShape shape_;
  PixelType type_;
  std::size_t images_per_chunk_;
  std::size_t n_in_chunk_ = 0;
  PixelTable<std::uint8_t> gray_;
  PixelTable<float> unit_;
  std::vector<std::uint8_t> gray_frame_;  ///< One of the two frames is empty.
  std::vector<float> unit_frame_;
  ZlibStream stream_;
};

}  // namespace plotmill::kernels
