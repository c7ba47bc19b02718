// The judge of whole files is libjpeg, in encode_jpeg_test.cpp; here are the parts that can be checked one by one.
#include "kernels/jpeg/dct.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/jpeg/dct_math.hpp"
#include "kernels/jpeg/zigzag.hpp"
#include "support/random_ink.hpp"
#include "support/simd_targets.hpp"

using namespace plotmill;
using namespace plotmill::kernels;

namespace {

// Noise, two gray values, flat, or the signs of one basis function, which makes that coefficient as large as can be.
JpegSamples random_samples(std::size_t kind, test::Random& random) {
  JpegSamples samples;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto wave = [](std::size_t frequency, std::size_t at) {
      return std::cos(static_cast<double>((2 * at + 1) * frequency) * std::numbers::pi / 16);
    };
    const std::uint32_t gray = kind % 4 == 0   ? random.between(0, 255)
                               : kind % 4 == 1 ? 255 * random.between(0, 1)
                               : kind % 4 == 2 ? static_cast<std::uint32_t>(kind / 4 % 256)
                               : wave(kind / 4 % 8, i / 8) * wave(kind / 32 % 8, i % 8) > 0 ? 255U
                                                                                            : 0U;
    samples[i] = static_cast<std::uint8_t>(kind / 256 % 2 == 0 ? gray : 255 - gray);
  }
  return samples;
}

std::array<std::uint16_t, 64> random_steps(test::Random& random) {
  std::array<std::uint16_t, 64> steps;
  const std::uint32_t greatest = random.between(0, 1) == 0 ? 255 : random.between(1, 20);
  for (auto& step : steps) step = static_cast<std::uint16_t>(random.between(1, greatest));
  return steps;
}

}  // namespace

TEST_CASE("jpeg_dct: dividing by multiplying is exact for every step of quantisation") {
  for (unsigned step = 1; step < 256; ++step) {
    std::array<std::uint16_t, 64> steps;
    steps.fill(static_cast<std::uint16_t>(step));
    const JpegDivisors divisors(steps);
    bool same = divisors.half[63] == 4 * step;
    for (unsigned n = 0; n < 4096; ++n) {
      same = same && ((n * 16 * divisors.reciprocal[63] >> 16U) * divisors.scale[63]) >> 16U == n / step;
    }
    CHECK_MESSAGE(same, "step " << step);
  }
}

TEST_CASE("jpeg_dct: every instruction set of this machine gives what plain integers give") {
  const std::uint32_t seed = 31;
  CAPTURE(seed);
  const std::string names = test::for_each_simd_target([&](const std::string& target) {
    CAPTURE(target);
    test::Random random(seed);
    for (std::size_t kind = 0; kind < 4096; ++kind) {
      CAPTURE(kind);
      const JpegSamples samples[2] = {random_samples(kind, random), random_samples(kind + 1, random)};
      const JpegDivisors divisors(random_steps(random));
      JpegCoefficients fast[2];
      jpeg_transform({&samples[0], &samples[1]}, divisors, fast);
      for (std::size_t i = 0; i < 2; ++i) {
        JpegCoefficients plain;
        jpeg_dct::transform_plain(samples[i], divisors, plain);
        REQUIRE(fast[i].value == plain.value);
        REQUIRE(fast[i].nonzero == plain.nonzero);
      }
    }
  });
  MESSAGE(names);
}

TEST_CASE("jpeg_dct: coefficients are those of the cosine transform to within one step") {
  test::Random random(32);
  for (std::size_t kind = 0; kind < 512; ++kind) {
    const JpegSamples samples = random_samples(kind, random);
    const auto steps = random_steps(random);
    JpegCoefficients blocks[2];
    jpeg_transform({&samples, &samples}, JpegDivisors(steps), blocks);
    const JpegCoefficients& block = blocks[1];
    const std::size_t u = random.between(0, 7), v = random.between(0, 7);
    double sum = 0;
    for (std::size_t x = 0; x < 8; ++x) {
      for (std::size_t y = 0; y < 8; ++y) {
        const auto angle = [](std::size_t at, std::size_t f) {
          return static_cast<double>((2 * at + 1) * f) * std::numbers::pi / 16;
        };
        sum += (samples[8 * x + y] - 128) * std::cos(angle(x, u)) * std::cos(angle(y, v));
      }
    }
    const double scale = 0.25 * (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1);
    CHECK(std::abs(block.value[8 * v + u] - sum * scale / steps[8 * v + u]) < 0.75);
    for (std::size_t i = 0; i < 64; ++i) CHECK((block.nonzero >> i & 1U) == (block.value[i] != 0 ? 1U : 0U));
  }
}

TEST_CASE("jpeg_zigzag: the order is a permutation that begins and ends as the standard's figure") {
  auto order = row_major_of_zigzag;
  const std::array<std::uint8_t, 11> first{0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32};
  CHECK(std::equal(first.begin(), first.end(), order.begin()));
  CHECK(order[61] == 55);
  CHECK(order[62] == 62);
  for (std::size_t k = 0; k < 64; ++k) CHECK(to_zigzag(std::uint64_t{1} << order[k]) == std::uint64_t{1} << k);
  CHECK(to_zigzag(~std::uint64_t{0}) == ~std::uint64_t{0});
  std::ranges::sort(order);
  for (std::size_t k = 0; k < 64; ++k) CHECK(order[k] == k);
}
