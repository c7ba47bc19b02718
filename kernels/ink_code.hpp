// The Huffman code in which all images of a job are written, learned from its first images, and the ready-made bit
// strings that follow from it. All charts of a job look alike, so one code serves them all; each stream carries it in
// its header.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/bit_writer.hpp"
#include "kernels/fill_rows.hpp"
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

/// How an image becomes the bytes that are compressed.
struct PixelLayout {
  ImageShape shape;
  PixelType type = PixelType::uint8;
  bool filter_bytes = false;  ///< PNG: each row begins with a byte 0, its filter type. Only with uint8.

  [[nodiscard]] std::size_t pixel_bytes() const noexcept { return bytes_per_pixel(type); }
  [[nodiscard]] std::uint64_t row_bytes() const noexcept {
    return shape.width * pixel_bytes() + (filter_bytes ? 1U : 0U);
  }
  [[nodiscard]] std::uint64_t image_bytes() const noexcept { return row_bytes() * shape.height; }

  /// The stored bytes of a pixel of each coverage; [0] is paper. Only the first pixel_bytes() of each count.
  [[nodiscard]] PixelTable<std::array<std::uint8_t, 4>> pixels() const;
};

/// Counts how often each literal and length symbol of deflate comes up in the ink of images.
class InkStatistics {
 public:
  explicit InkStatistics(const PixelLayout& layout);

  void add(const InkImageView& image);

  [[nodiscard]] const PixelLayout& layout() const noexcept { return layout_; }
  [[nodiscard]] const std::array<std::uint64_t, 286>& counts() const noexcept { return counts_; }

 private:
  void count_pixels(std::uint8_t coverage, std::uint64_t n);
  void count_pixel(std::uint8_t coverage);
  void count_repeated(std::uint64_t n_bytes, std::uint8_t coverage);

  PixelLayout layout_;
  PixelTable<std::array<std::uint8_t, 4>> pixels_;
  std::array<std::uint64_t, 286> counts_{};
};

/// An ink pixel, ready to be written.
struct PixelCode {
  std::uint64_t bits = 0;
  std::uint32_t n_bits = 0;
  // For Adler-32: what the pixel's bytes differ from those of paper, and the same weighted with their place 0..3.
  std::int16_t deviation = 0;
  std::int16_t weighted_deviation = 0;
};

/// Immutable once made; any number of threads may use it.
class InkCode {
 public:
  /// Every symbol gets a code, so that any image can be written, also one unlike those that were counted.
  explicit InkCode(const InkStatistics& statistics);

  /// No code is longer, so that four literals fit between two flushes of a BitWriter.
  static constexpr unsigned max_bits = 12;

  /// A gap of n pixels of paper: paper(), then n - 1 pixels more, which take repeats in pieces of up to
  /// max_repeat_bytes and longer_repeat() for 516 bytes at a time above.
  static constexpr std::uint64_t max_repeat_bytes = 773;
  static constexpr std::uint64_t longer_repeat_bytes = 516;

  [[nodiscard]] const PixelLayout& layout() const noexcept { return layout_; }
  /// The zlib header, the deflate block's header and the code, whole bytes and then up to 7 bits.
  [[nodiscard]] const std::vector<std::uint8_t>& header() const noexcept { return header_; }
  [[nodiscard]] BitString header_end() const noexcept { return header_end_; }
  [[nodiscard]] BitString end_of_block() const noexcept { return end_of_block_; }

  /// Of an ink pixel. Coverage 0, which no ink pixel has, is written as nothing at all.
  [[nodiscard]] const PixelCode& pixel(std::uint8_t coverage) const noexcept { return pixels_[coverage]; }
  [[nodiscard]] BitString paper() const noexcept { return paper_; }
  /// A gap of n_pixels, 1..n_short_gaps; empty where it is too long to be written at once.
  [[nodiscard]] BitString short_gap(std::uint64_t n_pixels) const noexcept { return short_gaps_[n_pixels]; }
  static constexpr std::uint64_t n_short_gaps = max_repeat_bytes + 1;
  /// n_bytes more of the paper pixel before, 0..max_repeat_bytes, a multiple of the pixel's size; at most 44 bits.
  [[nodiscard]] BitString paper_repeat(std::uint64_t n_bytes) const noexcept { return paper_repeat_[n_bytes]; }
  /// longer_repeat_bytes more of the pixel before.
  [[nodiscard]] BitString longer_repeat() const noexcept { return longer_repeat_; }
  /// A match of n_bytes, 3..258, with the pixel before.
  [[nodiscard]] BitString match(std::uint64_t n_bytes) const noexcept { return matches_[n_bytes]; }
  /// The same with the row before; only where can_repeat_rows().
  [[nodiscard]] BitString row_match(std::uint64_t n_bytes) const noexcept { return row_matches_[n_bytes]; }
  [[nodiscard]] bool can_repeat_rows() const noexcept;
  /// The filter byte; only with layout().filter_bytes.
  [[nodiscard]] BitString filter_byte() const noexcept { return filter_byte_; }

 private:
  void write_header(const std::vector<std::uint8_t>& lengths, const std::vector<std::uint8_t>& distance_lengths);
  void find_paper_repeats(const std::vector<BitString>& literals);

  PixelLayout layout_;
  std::vector<std::uint8_t> header_;
  BitString header_end_, end_of_block_, longer_repeat_, filter_byte_;
  std::array<PixelCode, 256> pixels_;
  BitString paper_;
  std::array<BitString, max_repeat_bytes + 1> paper_repeat_;
  std::array<BitString, n_short_gaps + 1> short_gaps_;
  std::array<BitString, 259> matches_, row_matches_;
};

}  // namespace plotmill::kernels
