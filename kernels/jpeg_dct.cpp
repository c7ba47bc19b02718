// See jpeg_dct.hpp. The transform is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT
// algorithms with 11 multiplications", ICASSP 1989, scaled by sqrt(8), once along the rows and once along the columns.
// What decides about the bits is only how far each of its constants is rounded (13 bits), and where sums are (after
// each of the two passes). In between, integer sums are exact in any order, so the constants may be collected into
// products of matrices, which is what multiply-and-add instructions want.
#include "kernels/jpeg_dct.hpp"

#include <bit>
#include <cstdlib>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace plotmill::kernels {
namespace {

constexpr int constant_bits = 13;
constexpr int extra_bits = 2;  // Fraction that the first pass leaves to the second one.

constexpr int fixed(double constant) { return static_cast<int>(constant * (1 << constant_bits) + 0.5); }

// Named by what the paper's rotations make of them, c(n) = sqrt(2) cos(n pi/16).
constexpr int c6 = fixed(0.541196100);
constexpr int c2_minus_c6 = fixed(0.765366865);
constexpr int c2_plus_c6 = fixed(1.847759065);
constexpr int c3 = fixed(1.175875602);
constexpr int c3_minus_c7 = fixed(0.899976223);
constexpr int c1_plus_c3 = fixed(2.562915447);
constexpr int c3_plus_c5 = fixed(1.961570560);
constexpr int c3_minus_c5 = fixed(0.390180644);
constexpr int p0 = fixed(0.298631336);  // -c1 + c3 + c5 - c7
constexpr int p1 = fixed(2.053119869);  //  c1 + c3 - c5 + c7
constexpr int p2 = fixed(3.072711026);  //  c1 + c3 + c5 - c7
constexpr int p3 = fixed(1.501321110);  //  c1 + c3 - c5 - c7

// Outputs 2 and 6 from (x0 + x7) - (x3 + x4) and (x1 + x6) - (x2 + x5).
constexpr int even[2][2] = {{c6 + c2_minus_c6, c6}, {c6, c6 - c2_plus_c6}};

// Outputs 1, 3, 5 and 7 from x0 - x7, x1 - x6, x2 - x5 and x3 - x4.
constexpr int odd[4][4] = {
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

#ifdef __SSE2__

// Each register holds one input or output of eight transforms. Sums fit in 16 bits: the greatest of all is that of the
// second pass, 64 samples of -128 times 4.
using Registers = __m128i[8];

template <int shift>
__m128i weighted(__m128i low01, __m128i high01, __m128i low23, __m128i high23, const int (&row)[4]) {
  const auto pair = [](int a, int b) {
    return _mm_set1_epi32(static_cast<int>(static_cast<unsigned>(b) << 16U | (static_cast<unsigned>(a) & 0xffffU)));
  };
  const __m128i weights01 = pair(row[0], row[1]);
  const __m128i weights23 = pair(row[2], row[3]);
  const __m128i half = _mm_set1_epi32(1 << (shift - 1));
  const __m128i low = _mm_add_epi32(_mm_madd_epi16(low01, weights01), _mm_madd_epi16(low23, weights23));
  const __m128i high = _mm_add_epi32(_mm_madd_epi16(high01, weights01), _mm_madd_epi16(high23, weights23));
  return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(low, half), shift),
                         _mm_srai_epi32(_mm_add_epi32(high, half), shift));
}

template <int shift>
__m128i weighted(__m128i low, __m128i high, const int (&row)[2]) {
  const __m128i weights = _mm_set1_epi32(
      static_cast<int>(static_cast<unsigned>(row[1]) << 16U | (static_cast<unsigned>(row[0]) & 0xffffU)));
  const __m128i half = _mm_set1_epi32(1 << (shift - 1));
  return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(_mm_madd_epi16(low, weights), half), shift),
                         _mm_srai_epi32(_mm_add_epi32(_mm_madd_epi16(high, weights), half), shift));
}

template <int pass>
void transform_lanes(Registers& x) {
  constexpr int shift = pass == 1 ? constant_bits - extra_bits : constant_bits + extra_bits;
  const auto straight = [](__m128i sum) {
    if constexpr (pass == 1) return _mm_slli_epi16(sum, extra_bits);
    return _mm_srai_epi16(_mm_add_epi16(sum, _mm_set1_epi16(1 << (extra_bits - 1))), extra_bits);
  };
  const __m128i sum0 = _mm_add_epi16(x[0], x[7]), difference0 = _mm_sub_epi16(x[0], x[7]);
  const __m128i sum1 = _mm_add_epi16(x[1], x[6]), difference1 = _mm_sub_epi16(x[1], x[6]);
  const __m128i sum2 = _mm_add_epi16(x[2], x[5]), difference2 = _mm_sub_epi16(x[2], x[5]);
  const __m128i sum3 = _mm_add_epi16(x[3], x[4]), difference3 = _mm_sub_epi16(x[3], x[4]);

  const __m128i sum03 = _mm_add_epi16(sum0, sum3), outer = _mm_sub_epi16(sum0, sum3);
  const __m128i sum12 = _mm_add_epi16(sum1, sum2), inner = _mm_sub_epi16(sum1, sum2);
  const __m128i low = _mm_unpacklo_epi16(outer, inner), high = _mm_unpackhi_epi16(outer, inner);
  x[0] = straight(_mm_add_epi16(sum03, sum12));
  x[4] = straight(_mm_sub_epi16(sum03, sum12));
  x[2] = weighted<shift>(low, high, even[0]);
  x[6] = weighted<shift>(low, high, even[1]);

  const __m128i low01 = _mm_unpacklo_epi16(difference0, difference1);
  const __m128i high01 = _mm_unpackhi_epi16(difference0, difference1);
  const __m128i low23 = _mm_unpacklo_epi16(difference2, difference3);
  const __m128i high23 = _mm_unpackhi_epi16(difference2, difference3);
  x[1] = weighted<shift>(low01, high01, low23, high23, odd[0]);
  x[3] = weighted<shift>(low01, high01, low23, high23, odd[1]);
  x[5] = weighted<shift>(low01, high01, low23, high23, odd[2]);
  x[7] = weighted<shift>(low01, high01, low23, high23, odd[3]);
}

void transpose(Registers& x) {
  Registers pairs, quads;
  for (std::size_t k = 0; k < 4; ++k) {
    pairs[2 * k] = _mm_unpacklo_epi16(x[2 * k], x[2 * k + 1]);
    pairs[2 * k + 1] = _mm_unpackhi_epi16(x[2 * k], x[2 * k + 1]);
  }
  for (std::size_t k : {0U, 1U, 4U, 5U}) {
    quads[k] = _mm_unpacklo_epi32(pairs[k], pairs[k + 2]);
    quads[k + 2] = _mm_unpackhi_epi32(pairs[k], pairs[k + 2]);
  }
  // Columns 0 and 1 are in quads 0 and 4, 2 and 3 in 2 and 6, 4 and 5 in 1 and 5, 6 and 7 in 3 and 7.
  constexpr std::size_t first[4] = {0, 2, 1, 3};
  for (std::size_t k = 0; k < 4; ++k) {
    x[2 * k] = _mm_unpacklo_epi64(quads[first[k]], quads[first[k] + 4]);
    x[2 * k + 1] = _mm_unpackhi_epi64(quads[first[k]], quads[first[k] + 4]);
  }
}

void transform_sse2(const JpegSamples& samples, const JpegDivisors& divisors, JpegCoefficients& out) {
  const auto at = [](auto& array, std::size_t k) { return reinterpret_cast<__m128i*>(array.data() + 8 * k); };
  const auto load = [](const auto& array, std::size_t k) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(array.data() + 8 * k));
  };
  const __m128i zero = _mm_setzero_si128();
  const __m128i middle = _mm_set1_epi16(128);
  Registers x;
  for (std::size_t k = 0; k < 4; ++k) {
    const __m128i two = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples.data() + 16 * k));
    x[2 * k] = _mm_sub_epi16(_mm_unpacklo_epi8(two, zero), middle);
    x[2 * k + 1] = _mm_sub_epi16(_mm_unpackhi_epi8(two, zero), middle);
  }
  transform_lanes<1>(x);
  transpose(x);
  transform_lanes<2>(x);
  for (std::size_t k = 0; k < 8; ++k) {
    const __m128i sign = _mm_srai_epi16(x[k], 15);
    const __m128i size = _mm_sub_epi16(_mm_xor_si128(x[k], sign), sign);
    const __m128i sum = _mm_srli_epi16(_mm_add_epi16(size, load(divisors.half, k)), 3);
    const __m128i scaled = _mm_mulhi_epu16(_mm_slli_epi16(sum, 4), load(divisors.reciprocal, k));
    const __m128i magnitude = _mm_mulhi_epu16(scaled, load(divisors.scale, k));
    _mm_store_si128(at(out.value, k), _mm_sub_epi16(_mm_xor_si128(magnitude, sign), sign));
    x[k] = magnitude;
  }
  out.nonzero = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const __m128i is_zero = _mm_cmpeq_epi8(_mm_packs_epi16(x[2 * k], x[2 * k + 1]), zero);
    const auto nonzero = ~static_cast<unsigned>(_mm_movemask_epi8(is_zero)) & 0xffffU;
    out.nonzero |= std::uint64_t{nonzero} << (16 * k);
  }
}

#endif

}  // namespace

// A coefficient leaves the transform 8 times too large, so it is divided by d = 8 * step and rounded half away from
// zero: floor((|x| + d/2) / d) = floor(n / step) with n = (|x| + 4 * step) >> 3, at most 1024 + 127. Let 2^c <= step <
// 2^(c+1) and m = ceil(2^(15+c) / step), at most 2^15. m * step exceeds 2^(15+c) by less than 2^(c+1), and n is below
// 2^14, so floor(n * m / 2^(15+c)) is exact. It is had by two products of 16 bits of which the upper halves stay: 16 n
// * m / 2^16 is n * m / 2^12, and that times 2^(13-c) / 2^16 the rest.
JpegDivisors::JpegDivisors(const std::array<std::uint16_t, 64>& steps) {
  for (std::size_t i = 0; i < 64; ++i) {
    const unsigned step = steps[i];
    const int c = static_cast<int>(std::bit_width(step)) - 1;
    half[i] = static_cast<std::uint16_t>(4 * step);
    reciprocal[i] = static_cast<std::uint16_t>(((1U << (15 + c)) + step - 1) / step);
    scale[i] = static_cast<std::uint16_t>(1U << (13 - c));
  }
}

void jpeg_transform_plain(const JpegSamples& samples, const JpegDivisors& divisors, JpegCoefficients& out) {
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
    const unsigned sum = (static_cast<unsigned>(std::abs(value)) + divisors.half[i]) >> 3U;
    const unsigned magnitude = ((sum * 16 * divisors.reciprocal[i] >> 16U) * divisors.scale[i]) >> 16U;
    out.value[i] = static_cast<std::int16_t>(value < 0 ? -static_cast<int>(magnitude) : static_cast<int>(magnitude));
    out.nonzero |= std::uint64_t{magnitude != 0} << i;
  }
}

void jpeg_transform(const JpegSamples& samples, const JpegDivisors& divisors, JpegCoefficients& out) {
#ifdef __SSE2__
  transform_sse2(samples, divisors, out);
#else
  jpeg_transform_plain(samples, divisors, out);
#endif
}

}  // namespace plotmill::kernels
