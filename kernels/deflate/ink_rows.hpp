// The loops over the runs of an image, each for the best instruction set that the machine has. All write the same bits.
#pragma once

#include <cstdint>

#include "kernels/deflate/bit_writer.hpp"
#include "kernels/deflate/ink_code.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// What writes pixels, and how far Adler-32's two sums are from those of blank paper.
struct InkWriter {
  BitWriter bits;
  std::int64_t deviation = 0;  ///< Of the first sum.
  /// The second sum's is pixel_bytes * second - weighted: as if all that a pixel deviates by came with its first byte,
  /// less what comes later.
  std::int64_t second = 0;
  std::int64_t weighted = 0;

  static constexpr std::int64_t modulus = 65521;

  /// n_pixels of paper have come.
  void count_paper(std::uint64_t n_pixels) {
    reduce();
    second += static_cast<std::int64_t>(n_pixels % modulus) * deviation;
  }

  void reduce() {
    deviation %= modulus;
    second %= modulus;
    weighted %= modulus;
  }
};

/// Writes an image without filter bytes up to its last ink. `gap` pixels of paper before it are not written yet.
/// Returns how many pixels of paper are not written then.
std::uint64_t write_rows(const InkCode& code, const InkImageView& image, std::uint64_t gap, InkWriter& writer);

/// Writes the only image of a stream with filter bytes.
void write_filtered_rows(const InkCode& code, const InkImageView& image, InkWriter& writer);

}  // namespace plotmill::kernels
