// See dct.hpp and dct_math.hpp. Lanes are the rows of a block in the first pass and its columns in the
// second one; a vector of 32 bytes holds two blocks.
#include <bit>

#include "kernels/jpeg/dct.hpp"
#include "kernels/jpeg/dct_math.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/jpeg/dct_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void Transform(const JpegSamples* const (&samples)[2], const JpegDivisors& divisors, JpegCoefficients (&out)[2]) {
  for (std::size_t i = 0; i < 2; ++i) jpeg_dct::transform_plain(*samples[i], divisors, out[i]);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET <= HWY_AVX2
constexpr std::size_t n_blocks = 2;
#else
constexpr std::size_t n_blocks = 1;
#endif

using Block = hn::FixedTag<std::int16_t, 8>;
using Shorts = hn::FixedTag<std::int16_t, 8 * n_blocks>;
using Ints = hn::FixedTag<std::int32_t, 4 * n_blocks>;
using Unsigned = hn::RebindToUnsigned<Shorts>;
using Bytes = hn::FixedTag<std::uint8_t, 8 * n_blocks>;
using Vector = hn::Vec<Shorts>;
constexpr Block block_lanes;
constexpr Shorts shorts;
constexpr Ints ints;
constexpr Unsigned unsigneds;

// Pairs of neighbouring lanes, weighted and added up.
struct Sum {
  hn::Vec<Ints> even, odd;

  HWY_INLINE Sum() : even(hn::Zero(ints)), odd(hn::Zero(ints)) {}
  HWY_INLINE void add(Vector pairs, Vector weights) {
    even = hn::ReorderWidenMulAccumulate(ints, pairs, weights, even, odd);
  }
  // Which lanes of `even` and `odd` make up a sum differs between instruction sets; only here are they in their places.
  template <int shift>
  HWY_INLINE hn::Vec<Ints> rounded() const {
    return hn::ShiftRight<shift>(hn::Add(hn::RearrangeToOddPlusEven(even, odd), hn::Set(ints, 1 << (shift - 1))));
  }
};

HWY_INLINE Vector weights(int first, int second) {
  const auto pair = static_cast<std::uint32_t>(second) << 16U | (static_cast<std::uint32_t>(first) & 0xffffU);
  return hn::BitCast(shorts, hn::Set(ints, static_cast<std::int32_t>(pair)));
}

// Interleaved pairs of lanes of two vectors, block by block.
struct Pairs {
  Vector low, high;

  HWY_INLINE Pairs(Vector a, Vector b)
      : low(hn::InterleaveLower(shorts, a, b)), high(hn::InterleaveUpper(shorts, a, b)) {}
};

template <int shift>
HWY_INLINE Vector weighted(const Pairs& pairs, const int (&row)[2]) {
  const Vector w = weights(row[0], row[1]);
  Sum low, high;
  low.add(pairs.low, w);
  high.add(pairs.high, w);
  return hn::ReorderDemote2To(shorts, low.rounded<shift>(), high.rounded<shift>());
}

template <int shift>
HWY_INLINE Vector weighted(const Pairs& pairs01, const Pairs& pairs23, const int (&row)[4]) {
  const Vector w01 = weights(row[0], row[1]), w23 = weights(row[2], row[3]);
  Sum low, high;
  low.add(pairs01.low, w01);
  high.add(pairs01.high, w01);
  low.add(pairs23.low, w23);
  high.add(pairs23.high, w23);
  return hn::ReorderDemote2To(shorts, low.rounded<shift>(), high.rounded<shift>());
}

template <int pass>
HWY_INLINE Vector straight(Vector sum) {
  if constexpr (pass == 1) return hn::ShiftLeft<jpeg_dct::extra_bits>(sum);
  return hn::ShiftRight<jpeg_dct::extra_bits>(hn::Add(sum, hn::Set(shorts, 1 << (jpeg_dct::extra_bits - 1))));
}

// Sums fit in 16 bits: the greatest of all is that of the second pass, 64 samples of -128 times 4.
template <int pass>
HWY_INLINE void transform_lanes(Vector (&x)[8]) {
  using namespace jpeg_dct;
  constexpr int shift = pass == 1 ? constant_bits - extra_bits : constant_bits + extra_bits;
  const Vector sum0 = hn::Add(x[0], x[7]), difference0 = hn::Sub(x[0], x[7]);
  const Vector sum1 = hn::Add(x[1], x[6]), difference1 = hn::Sub(x[1], x[6]);
  const Vector sum2 = hn::Add(x[2], x[5]), difference2 = hn::Sub(x[2], x[5]);
  const Vector sum3 = hn::Add(x[3], x[4]), difference3 = hn::Sub(x[3], x[4]);
  const Vector sum03 = hn::Add(sum0, sum3), sum12 = hn::Add(sum1, sum2);
  const Pairs inner(hn::Sub(sum0, sum3), hn::Sub(sum1, sum2));
  const Pairs pairs01(difference0, difference1), pairs23(difference2, difference3);
  x[0] = straight<pass>(hn::Add(sum03, sum12));
  x[4] = straight<pass>(hn::Sub(sum03, sum12));
  x[2] = weighted<shift>(inner, even[0]);
  x[6] = weighted<shift>(inner, even[1]);
  x[1] = weighted<shift>(pairs01, pairs23, odd[0]);
  x[3] = weighted<shift>(pairs01, pairs23, odd[1]);
  x[5] = weighted<shift>(pairs01, pairs23, odd[2]);
  x[7] = weighted<shift>(pairs01, pairs23, odd[3]);
}

// Lane i of vector k and lane k of vector i change places: three times, vectors 0 and 4, 1 and 5, ... are interleaved.
HWY_INLINE void transpose(Vector (&x)[8]) {
  for (int round = 0; round < 3; ++round) {
    const Pairs p0(x[0], x[4]), p1(x[1], x[5]), p2(x[2], x[6]), p3(x[3], x[7]);
    x[0] = p0.low, x[1] = p0.high, x[2] = p1.low, x[3] = p1.high;
    x[4] = p2.low, x[5] = p2.high, x[6] = p3.low, x[7] = p3.high;
  }
}

HWY_INLINE Vector load_samples(const JpegSamples* const (&samples)[2], std::size_t first, std::size_t column) {
  const hn::FixedTag<std::uint8_t, 8> eight;
  const auto a = hn::LoadU(eight, samples[first]->data() + 8 * column);
#if HWY_TARGET <= HWY_AVX2
  const auto b = hn::LoadU(eight, samples[1]->data() + 8 * column);
  const auto bytes = hn::Combine(Bytes(), b, a);
#else
  const auto bytes = a;
#endif
  return hn::Sub(hn::PromoteTo(shorts, bytes), hn::Set(shorts, 128));
}

// Quantises one row of coefficients.
HWY_INLINE Vector quantised(Vector x, const JpegDivisors& divisors, std::size_t v) {
  const auto size = hn::BitCast(unsigneds, hn::Abs(x));
  const auto sum = hn::ShiftRight<3>(hn::Add(size, hn::LoadDup128(unsigneds, divisors.half.data() + 8 * v)));
  const auto scaled = hn::MulHigh(hn::ShiftLeft<4>(sum), hn::LoadDup128(unsigneds, divisors.reciprocal.data() + 8 * v));
  const auto magnitude = hn::MulHigh(scaled, hn::LoadDup128(unsigneds, divisors.scale.data() + 8 * v));
  const Vector sign = hn::ShiftRight<15>(x);
  return hn::Sub(hn::Xor(hn::BitCast(shorts, magnitude), sign), sign);
}

void Transform(const JpegSamples* const (&samples)[2], const JpegDivisors& divisors, JpegCoefficients (&out)[2]) {
  for (std::size_t first = 0; first < 2; first += n_blocks) {
    Vector x[8];
    for (std::size_t k = 0; k < 8; ++k) x[k] = load_samples(samples, first, k);
    transform_lanes<1>(x);
    transpose(x);
    transform_lanes<2>(x);
    std::uint64_t nonzero[2] = {0, 0};
    for (std::size_t v = 0; v < 8; ++v) {
      const Vector row = quantised(x[v], divisors, v);
      std::uint8_t bits[8];  // What StoreMaskBits() asks for.
      hn::StoreMaskBits(shorts, hn::Ne(row, hn::Zero(shorts)), bits);
      nonzero[0] |= std::uint64_t{bits[0]} << (8 * v);
#if HWY_TARGET <= HWY_AVX2
      hn::Store(hn::LowerHalf(row), block_lanes, out[0].value.data() + 8 * v);
      nonzero[1] |= std::uint64_t{bits[1]} << (8 * v);
      hn::Store(hn::UpperHalf(block_lanes, row), block_lanes, out[1].value.data() + 8 * v);
#else
      hn::Store(row, block_lanes, out[first].value.data() + 8 * v);
#endif
    }
    for (std::size_t i = 0; i < n_blocks; ++i) out[first + i].nonzero = nonzero[i];
  }
}

#endif

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(Transform);

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

void jpeg_transform(const JpegSamples* const (&samples)[2], const JpegDivisors& divisors, JpegCoefficients (&out)[2]) {
  HWY_DYNAMIC_DISPATCH(Transform)(samples, divisors, out);
}

}  // namespace plotmill::kernels
#endif
