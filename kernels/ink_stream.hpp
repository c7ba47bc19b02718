// Writes images straight from their ink as one zlib stream (RFC 1950): what HDF5's deflate filter and PNG store. No
// frame is ever filled; the cost follows the ink.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bit_writer.hpp"
#include "kernels/ink_code.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// What writes pixels, and how far Adler-32's two sums are from those of blank paper.
struct InkWriter {
  BitWriter bits;
  std::int64_t deviation = 0;
  std::int64_t weighted_deviation = 0;
};

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
  template <std::size_t pixel_bytes>
  void add_rows(const InkImageView& image);
  void add_filtered_rows(const InkImageView& image);
  void write_blank_rows();
  [[nodiscard]] std::uint32_t adler32() const;

  const InkCode* code_;
  InkWriter writer_;
  std::uint64_t n_bytes_ = 0;       ///< That the stream stands for.
  std::uint64_t begin_byte_ = 0;    ///< Where the next image begins in it.
  std::uint64_t gap_from_ = 0;      ///< First byte that is not written yet. It and what follows so far is paper.
  std::uint64_t n_blank_rows_ = 0;  ///< With filter bytes: rows that repeat a blank row and are not written yet.
  bool after_blank_row_ = false;
};

}  // namespace plotmill::kernels
