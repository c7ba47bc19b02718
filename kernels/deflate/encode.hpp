// Ink to the zlib stream of a block of images: one chunk of an HDF5 dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/deflate/ink_code.hpp"
#include "kernels/deflate/ink_stream.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Compresses chunks of `images_per_chunk` images each: the pixels [images_per_chunk][height][width], row-major, as one
/// zlib stream (RFC 1950). The stream depends on the ink and the code alone. One thread at a time. Allocates only where
/// `out` has to grow.
class DeflateEncoder {
 public:
  /// images_per_chunk is at least 1; `code`, of a layout without filter bytes, must outlive the encoder.
  DeflateEncoder(const InkCode& code, std::size_t images_per_chunk)
      : images_per_chunk_(images_per_chunk), stream_(code) {}

  /// Appends what of the chunk's stream is ready to `out`. Returns true when this was the last image of the chunk,
  /// whose stream is then complete; the next image begins the next chunk. `image` has the code's shape.
  [[nodiscard]] bool add(const InkImageView& image, std::vector<std::uint8_t>& out) {
    if (n_in_chunk_ == 0) stream_.begin(images_per_chunk_, out);
    stream_.add(image, out);
    if (++n_in_chunk_ < images_per_chunk_) return false;
    return pad(out);
  }

  /// Completes a chunk that is begun with images of paper. Does nothing where none is begun; returns whether one was.
  bool pad(std::vector<std::uint8_t>& out) {
    if (n_in_chunk_ == 0) return false;
    stream_.finish(out);
    n_in_chunk_ = 0;
    return true;
  }

  /// Bytes that the stream of a chunk takes at most.
  [[nodiscard]] static std::uint64_t max_chunk_bytes(const PixelLayout& layout, std::size_t images_per_chunk) noexcept {
    return InkStream::max_bytes(layout, images_per_chunk);
  }

 private:
  std::size_t images_per_chunk_;
  std::size_t n_in_chunk_ = 0;
  InkStream stream_;
};

}  // namespace plotmill::kernels
