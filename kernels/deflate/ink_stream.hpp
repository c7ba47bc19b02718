// Writes images straight from their ink as one zlib stream (RFC 1950): what HDF5's deflate filter and PNG store. No
// frame is ever filled; the cost follows the ink.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/deflate/ink_code.hpp"
#include "kernels/deflate/ink_rows.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// One stream after another. One thread at a time; holds no memory of its own.
class InkStream {
 public:
  /// `code` must outlive the stream.
  explicit InkStream(const InkCode& code) : code_(&code) {}

  /// Appends the beginning of a stream of `n_images` images to `out`.
  void begin(std::uint64_t n_images, std::vector<std::uint8_t>& out);

  /// Appends the next image, which has the code's shape. Of its paper at the end nothing may be written yet.
  void add(const InkImageView& image, std::vector<std::uint8_t>& out);

  /// Appends the rest of the stream; images that were not added are all paper.
  void finish(std::vector<std::uint8_t>& out);

  /// Bytes that a stream takes at most: 12 bits for each byte that it stands for.
  [[nodiscard]] static std::uint64_t max_bytes(const PixelLayout& layout, std::uint64_t n_images) noexcept;

 private:
  [[nodiscard]] std::uint32_t adler32() const;

  const InkCode* code_;
  InkWriter writer_;
  std::uint64_t n_bytes_ = 0;    ///< That the stream stands for.
  std::uint64_t n_to_come_ = 0;  ///< Bytes of the images that were not added yet.
  std::uint64_t gap_ = 0;        ///< Without filter bytes: pixels of paper that were added and are not written yet.
};

}  // namespace plotmill::kernels
