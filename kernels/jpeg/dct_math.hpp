// The forward DCT of dct.hpp: its constants, and itself in plain integers.
//
// The transform is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT
// algorithms with 11 multiplications", ICASSP 1989, scaled by sqrt(8), once along the rows and once along the columns.
// What decides about the bits is only how far each of its constants is rounded (13 bits), and where sums are (after
// each of the two passes). In between, integer sums are exact in any order, so the constants may be collected into
// products of matrices, which is what multiply-and-add instructions want.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kernels/jpeg/dct.hpp"

namespace plotmill::kernels::jpeg_dct {

inline constexpr int constant_bits = 13;
inline constexpr int extra_bits = 2;  // Fraction that the first pass leaves to the second one.

inline constexpr int fixed(double constant) { return static_cast<int>(constant * (1 << constant_bits) + 0.5); }

// Named by what the paper's rotations make of them, c(n) = sqrt(2) cos(n pi/16).
inline constexpr int c6 = fixed(0.541196100);
inline constexpr int c2_minus_c6 = fixed(0.765366865);
inline constexpr int c2_plus_c6 = fixed(1.847759065);
inline constexpr int c3 = fixed(1.175875602);
inline constexpr int c3_minus_c7 = fixed(0.899976223);
inline constexpr int c1_plus_c3 = fixed(2.562915447);
inline constexpr int c3_plus_c5 = fixed(1.961570560);
inline constexpr int c3_minus_c5 = fixed(0.390180644);
inline constexpr int p0 = fixed(0.298631336);  // -c1 + c3 + c5 - c7
inline constexpr int p1 = fixed(2.053119869);  //  c1 + c3 - c5 + c7
inline constexpr int p2 = fixed(3.072711026);  //  c1 + c3 + c5 - c7
inline constexpr int p3 = fixed(1.501321110);  //  c1 + c3 - c5 - c7

// Outputs 2 and 6 from (x0 + x7) - (x3 + x4) and (x1 + x6) - (x2 + x5).
inline constexpr int even[2][2] = {{c6 + c2_minus_c6, c6}, {c6, c6 - c2_plus_c6}};

// Outputs 1, 3, 5 and 7 from x0 - x7, x1 - x6, x2 - x5 and x3 - x4.
inline constexpr int odd[4][4] = {
    {p3 - c3_minus_c7 - c3_minus_c5 + c3, c3, c3 - c3_minus_c5, c3 - c3_minus_c7},
    {c3, p2 - c1_plus_c3 - c3_plus_c5 + c3, c3 - c1_plus_c3, c3 - c3_plus_c5},
    {c3 - c3_minus_c5, c3 - c1_plus_c3, p1 - c1_plus_c3 - c3_minus_c5 + c3, c3},
    {c3 - c3_minus_c7, c3 - c3_plus_c5, c3, p0 - c3_minus_c7 - c3_plus_c5 + c3},
};

// Eight transforms at once: input and output k of transform i are [k][i].
using Lanes = int[8][8];

template <int pass>
void transform_lanes(const Lanes& in, Lanes& out) {
  constexpr int shift = pass == 1 ? constant_bits - extra_bits : constant_bits + extra_bits;
  constexpr int half = 1 << (shift - 1);
  const auto straight = [](int sum) {
    return pass == 1 ? sum * (1 << extra_bits) : (sum + (1 << (extra_bits - 1))) >> extra_bits;
  };
  for (std::size_t i = 0; i < 8; ++i) {
    int sum[4], difference[4];
    for (std::size_t k = 0; k < 4; ++k) {
      sum[k] = in[k][i] + in[7 - k][i];
      difference[k] = in[k][i] - in[7 - k][i];
    }
    const int outer = sum[0] - sum[3];
    const int inner = sum[1] - sum[2];
    out[0][i] = straight(sum[0] + sum[3] + sum[1] + sum[2]);
    out[4][i] = straight(sum[0] + sum[3] - sum[1] - sum[2]);
    out[2][i] = (outer * even[0][0] + inner * even[0][1] + half) >> shift;
    out[6][i] = (outer * even[1][0] + inner * even[1][1] + half) >> shift;
    for (std::size_t k = 0; k < 4; ++k) {
      const int* const row = odd[k];
      out[2 * k + 1][i] =
          (difference[0] * row[0] + difference[1] * row[1] + difference[2] * row[2] + difference[3] * row[3] + half) >>
          shift;
    }
  }
}

/// Transforms and quantises one block.
inline void transform_plain(const JpegSamples& samples, const JpegDivisors& divisors, JpegCoefficients& out) {
  Lanes in, rows;
  for (std::size_t x = 0; x < 8; ++x) {
    for (std::size_t y = 0; y < 8; ++y) in[x][y] = samples[8 * x + y] - 128;
  }
  transform_lanes<1>(in, rows);
  for (std::size_t u = 0; u < 8; ++u) {
    for (std::size_t y = 0; y < 8; ++y) in[y][u] = rows[u][y];
  }
  transform_lanes<2>(in, rows);
  out.nonzero = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    const int value = rows[i / 8][i % 8];
    const int half = divisors.half[i];
    const int magnitude = (std::abs(value) + half) / (2 * half);  // Half away from zero.
    out.value[i] = static_cast<std::int16_t>(value < 0 ? -magnitude : magnitude);
    out.nonzero |= std::uint64_t{magnitude != 0} << i;
  }
}

}  // namespace plotmill::kernels::jpeg_dct
