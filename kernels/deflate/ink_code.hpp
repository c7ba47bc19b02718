// The Huffman code in which all images of a job are written, learned from its first images, and the ready-made bit
// strings that follow from it. All charts of a job look alike, so one code serves them all; each stream carries it in
// its header.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/deflate/bit_writer.hpp"
#include "kernels/ink/fill_rows.hpp"
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

/// Up to 56 bits and below them, in the lowest 8 bits, how many they are; so a shift by the whole is a shift by their
/// number. The number is 128 where there is no such string.
using PackedString = std::uint64_t;

/// What the loop over an image's runs looks up.
struct InkTables {
  /// The last one, which is longer than can be written at once, has no string.
  static constexpr std::uint64_t n_gaps = 776;
  static constexpr std::uint64_t n_repeats = 256;

  // Of an ink pixel, by its coverage. Coverage 0, which no ink pixel has, is written as nothing at all.
  std::array<std::uint64_t, 256> bits;
  /// The number of bits and, from bit 32 on, what the pixel's bytes differ by from those of paper, for Adler-32. Sums
  /// of up to 2^20 of them have the sums of both.
  std::array<std::int64_t, 256> sums;
  /// Those differences weighted with the byte's place in the pixel, 0..3.
  std::array<std::int32_t, 256> weighted;

  /// Paper, by its number of pixels.
  std::array<PackedString, n_gaps> gaps;
  /// So many pixels more like the fully covered one before.
  std::array<PackedString, n_repeats> solid_repeats;
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
  static constexpr std::uint64_t longest_match = 258;
  static constexpr std::uint64_t longer_repeat_bytes = 516;

  [[nodiscard]] const PixelLayout& layout() const noexcept { return layout_; }
  /// The zlib header, the deflate block's header and the code, whole bytes and then up to 7 bits.
  [[nodiscard]] const std::vector<std::uint8_t>& header() const noexcept { return header_; }
  [[nodiscard]] BitString header_end() const noexcept { return header_end_; }
  [[nodiscard]] BitString end_of_block() const noexcept { return end_of_block_; }

  [[nodiscard]] const InkTables& tables() const noexcept { return tables_; }
  /// Bits that a gap of less than InkTables::n_gaps takes at most.
  [[nodiscard]] std::uint32_t most_gap_bits() const noexcept { return most_gap_bits_; }
  [[nodiscard]] BitString pixel(std::uint8_t coverage) const noexcept {
    return {tables_.bits[coverage], static_cast<std::uint32_t>(tables_.sums[coverage])};
  }
  /// Only the first pixel_bytes() count.
  [[nodiscard]] std::array<std::uint8_t, 4> paper_bytes() const noexcept { return paper_bytes_; }
  [[nodiscard]] BitString paper() const noexcept { return paper_; }
  /// n_bytes more of the paper pixel before, 0..max_repeat_bytes, a multiple of the pixel's size; at most 44 bits.
  [[nodiscard]] BitString paper_repeat(std::uint64_t n_bytes) const noexcept { return paper_repeat_[n_bytes]; }
  /// longer_repeat_bytes more of the pixel before.
  [[nodiscard]] BitString longer_repeat() const noexcept { return longer_repeat_; }
  /// A match of n_bytes, 3..longest_match, with the pixel before.
  [[nodiscard]] BitString match(std::uint64_t n_bytes) const noexcept { return matches_[n_bytes]; }
  /// The same with the row before; only where can_repeat_rows().
  [[nodiscard]] BitString row_match(std::uint64_t n_bytes) const noexcept { return row_matches_[n_bytes]; }
  [[nodiscard]] bool can_repeat_rows() const noexcept;
  /// The filter byte; only with layout().filter_bytes.
  [[nodiscard]] BitString filter_byte() const noexcept { return filter_byte_; }

 private:
  void write_header(const std::vector<std::uint8_t>& lengths, const std::vector<std::uint8_t>& distance_lengths);
  void find_paper_repeats(const std::vector<BitString>& literals);
  void find_pixels(const std::vector<BitString>& literals);
  void find_solid_repeats();

  PixelLayout layout_;
  std::vector<std::uint8_t> header_;
  BitString header_end_, end_of_block_, longer_repeat_, filter_byte_;
  InkTables tables_;
  std::uint32_t most_gap_bits_ = 0;
  std::array<std::uint8_t, 4> paper_bytes_{};
  BitString paper_;
  std::array<BitString, max_repeat_bytes + 1> paper_repeat_;
  std::array<BitString, 259> matches_, row_matches_;
};

}  // namespace plotmill::kernels
