// A run of ink pixels and the paper before it, to bits. All is inlined into the loops over an image's runs, which are
// compiled for each instruction set.
//
// Adler-32 (RFC 1950, 8.2) is two sums modulo 65521 over the bytes p_0 ... p_{n-1}: a = 1 + sum p_i, and b is the sum
// of what a is behind each of them. Both are linear in the bytes, so those of blank paper are known beforehand, and
// each ink pixel adds what it differs by.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/deflate/bit_writer.hpp"
#include "kernels/deflate/ink_code.hpp"
#include "plotmill/ink.hpp"

#define PLOTMILL_INLINE [[gnu::always_inline]] inline

namespace plotmill::kernels {

/// What pixels add to Adler-32's two sums beyond what paper would.
struct InkSums {
  std::int64_t deviation = 0;  ///< Of the first sum.
  std::int64_t placed = 0;     ///< The same, each pixel weighted with how many pixels of the run follow.
  std::int64_t weighted = 0;   ///< Each byte weighted with its place in the pixel.
};

PLOTMILL_INLINE void put_packed(PackedString string, BitWriter& bits) {
  bits.put(string >> 8U, static_cast<std::uint8_t>(string));
}

/// A gap of any length, also 0.
template <std::size_t pixel_bytes>
PLOTMILL_INLINE void write_gap(const InkCode& code, std::uint64_t n_pixels, BitWriter& bits) {
  if (n_pixels < InkTables::n_gaps) {
    const PackedString gap = code.tables().gaps[n_pixels];
    if (static_cast<std::uint8_t>(gap) <= BitWriter::most_bits) {
      put_packed(gap, bits);
      return bits.flush();
    }
  }
  bits.write(code.paper());
  std::uint64_t n_bytes = (n_pixels - 1) * pixel_bytes;
  for (; n_bytes > InkCode::max_repeat_bytes; n_bytes -= InkCode::longer_repeat_bytes) {
    bits.write(code.longer_repeat());
  }
  bits.write(code.paper_repeat(n_bytes));
}

/// What the loop does for up to four pixels at once: how many there are of most runs cannot be predicted.
constexpr std::uint32_t at_once = 4;

/// The first n of four pixels, where n_bits is 32 - 8 * n. Before them comes coverage 0, which is written as nothing.
PLOTMILL_INLINE std::uint32_t first_pixels(const std::uint8_t* coverage, std::uint32_t n_bits) {
  std::uint32_t pixels = 0;
  std::memcpy(&pixels, coverage, sizeof(pixels));
  return pixels << (n_bits & 31U);
}

/// The sums of four pixels, as InkTables::sums.
struct FourSums {
  std::int64_t all;
  std::int64_t placed;  ///< Each pixel weighted with how many follow.
};

/// The bits of four pixels of one byte.
PLOTMILL_INLINE std::uint64_t four_strings(const InkTables& tables, std::uint32_t pixels, FourSums& sums) {
  const std::uint32_t i0 = pixels & 0xffU;
  const std::uint32_t i1 = pixels >> 8U & 0xffU;
  const std::uint32_t i2 = pixels >> 16U & 0xffU;
  const std::uint32_t i3 = pixels >> 24U;
  const std::int64_t s0 = tables.sums[i0];
  const std::int64_t low = s0 + tables.sums[i1];
  const std::uint64_t first = tables.bits[i0] | tables.bits[i1] << (s0 & 63);
  const std::int64_t s2 = tables.sums[i2];
  sums.placed = s0 + s2 + 2 * low;
  sums.all = low + s2 + tables.sums[i3];
  const std::uint64_t second = tables.bits[i2] | tables.bits[i3] << (s2 & 63);
  return first | second << (low & 63);
}

/// Four pixels of any size. Adds the bytes' own weights to `weighted`.
template <std::size_t pixel_bytes>
PLOTMILL_INLINE FourSums write_four(const InkTables& tables, std::uint32_t pixels, BitWriter& bits,
                                    std::int64_t& weighted) {
  FourSums sums{};
  if constexpr (pixel_bytes == 1) {
    const std::uint64_t string = four_strings(tables, pixels, sums);
    bits.put(string, static_cast<std::uint32_t>(sums.all));
    bits.flush();
  } else {
#pragma GCC unroll 4
    for (std::uint32_t i = 0; i < at_once; ++i) {
      const std::uint32_t coverage = pixels >> 8U * i & 0xffU;
      const std::int64_t pixel = tables.sums[coverage];
      bits.put(tables.bits[coverage], static_cast<std::uint32_t>(pixel));
      bits.flush();
      sums.all += pixel;
      sums.placed += pixel * (at_once - 1 - i);
      weighted += tables.weighted[coverage];
    }
  }
  return sums;
}

/// n more of the pixel before, as matches where those are shorter.
template <std::size_t pixel_bytes>
PLOTMILL_INLINE void write_repeat(const InkCode& code, std::uint8_t coverage, std::uint32_t n, BitWriter& bits) {
  if (coverage == 255 && n < InkTables::n_repeats) {
    const PackedString repeat = code.tables().solid_repeats[n];
    if (static_cast<std::uint8_t>(repeat) <= BitWriter::most_bits) {
      put_packed(repeat, bits);
      return bits.flush();
    }
  }
  const BitString pixel = code.pixel(coverage);
  while (n * pixel_bytes >= 3) {
    // Whole pixels, so that what is left can be written as pixels.
    const std::uint32_t n_match = std::min<std::uint32_t>(n, InkCode::longest_match / pixel_bytes);
    const BitString match = code.match(n_match * pixel_bytes);
    if (match.n_bits >= n_match * pixel.n_bits) break;
    bits.write(match);
    n -= n_match;
  }
  for (; n > 0; --n) bits.write(pixel);
}

/// The highest bit of every byte that is 0.
PLOTMILL_INLINE std::uint64_t zero_bytes(std::uint64_t word) {
  constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7f;
  return ~(((word & low_bits) + low_bits) | word | low_bits);
}

PLOTMILL_INLINE std::uint64_t word_at(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

/// How many of n pixels, of which at least `known`, are like the first one. Coverage may be read up to `end`.
PLOTMILL_INLINE std::uint32_t count_equal(const std::uint8_t* coverage, std::uint32_t known, std::uint32_t n,
                                          const std::uint8_t* end) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  for (; known < n && end - coverage - known >= 8; known += 8) {
    const std::uint64_t others = word_at(coverage + known) ^ *coverage * ones;
    if (others != 0) return std::min(known + static_cast<std::uint32_t>(std::countr_zero(others)) / 8, n);
  }
  while (known < n && coverage[known] == *coverage) ++known;
  return std::min(known, n);
}

/// A run of any length. Stretches of equal pixels become matches where that is shorter. The coverage may be read up to
/// `end`.
template <std::size_t pixel_bytes>
PLOTMILL_INLINE InkSums write_run(const InkCode& code, const std::uint8_t* coverage, std::uint32_t n,
                                  const std::uint8_t* end, BitWriter& bits) {
  // A match takes at least three bytes.
  constexpr std::uint32_t fewest_equal = pixel_bytes < 3 ? 4 : 2;
  // Words are read up to here behind the place.
  constexpr std::ptrdiff_t word_end = 9;
  const InkTables& tables = code.tables();
  std::uint8_t last_bytes[2 * word_end];
  // By themselves, or the compiler makes pairs of them.
  std::int64_t deviation = 0;
  std::int64_t placed = 0;
  std::int64_t weighted = 0;
  for (std::uint32_t i = 0; i < n;) {
    if (end - coverage < word_end) {
      std::memset(last_bytes, 0, sizeof(last_bytes));
      std::memcpy(last_bytes, coverage, static_cast<std::size_t>(end - coverage));
      coverage = last_bytes;
      end = last_bytes + sizeof(last_bytes);
    }
    const std::uint64_t like_next = zero_bytes(word_at(coverage) ^ word_at(coverage + 1));
    const std::uint64_t begins = fewest_equal == 2 ? like_next : like_next & like_next >> 8U & like_next >> 16U;
    const auto unlike = static_cast<std::uint32_t>(std::countr_zero(begins)) / 8;
    const std::uint32_t n_single = std::min({unlike, n - i, at_once});
    const std::uint32_t pixels = n_single == 0 ? 0 : first_pixels(coverage, 32 - 8 * n_single);
    const FourSums four = write_four<pixel_bytes>(tables, pixels, bits, weighted);
    deviation += four.all >> 32;
    placed += (four.placed >> 32) + (n - i - n_single) * (four.all >> 32);
    coverage += n_single;
    i += n_single;
    if (n_single != unlike || i == n) continue;

    const std::uint8_t share = *coverage;
    // Of the word's other pixels, those that are unlike the next one. The word ends with the eighth pixel's.
    const std::uint64_t ends = (like_next ^ 0x8080808080808080) >> 8 * unlike;
    const std::uint32_t n_equal = ends != 0
                                      ? std::min(static_cast<std::uint32_t>(std::countr_zero(ends)) / 8 + 1, n - i)
                                      : count_equal(coverage, 8 - unlike, n - i, end);
    bits.write(code.pixel(share));
    write_repeat<pixel_bytes>(code, share, n_equal - 1, bits);
    const std::int64_t each = tables.sums[share] >> 32;
    deviation += each * n_equal;
    placed += each * ((2 * std::int64_t{n - i} - n_equal - 1) * n_equal / 2);
    weighted += std::int64_t{tables.weighted[share]} * n_equal;
    coverage += n_equal;
    i += n_equal;
  }
  return {deviation, placed, weighted};
}

}  // namespace plotmill::kernels
