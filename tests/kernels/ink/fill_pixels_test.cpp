#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "kernels/ink/fill_rows.hpp"
#include "support/random_ink.hpp"

using namespace plotmill;

TEST_CASE("fill_pixels: paper, ink and every coverage in between, rounded half up") {
  Ink ink;
  ink.shape = {4, 2, 255, 0};
  test::append_image(ink, std::array<std::uint8_t, 8>{0, 255, 128, 0, 1, 0, 0, 254});
  CHECK(test::pixels_of(ink.image(0)) == std::vector<std::uint8_t>{255, 0, 127, 255, 254, 255, 255, 1});
}

TEST_CASE("fill_pixels: each pixel is what its coverage says, in every image of a batch") {
  const std::uint32_t seed = 20261123;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::size_t i = 0; i < 60; ++i) {
    const ImageShape shape = test::random_shape(i, random);
    CAPTURE(shape.width);
    CAPTURE(shape.height);
    Ink ink;
    ink.shape = shape;
    std::vector<std::vector<std::uint8_t>> coverage;
    for (std::size_t kind = 0; kind < 6; ++kind) {
      coverage.push_back(test::random_coverage(shape, kind, random));
      test::append_image(ink, coverage.back());
    }
    for (std::size_t kind = 0; kind < 6; ++kind) {
      std::vector<std::uint8_t> expected(shape.n_pixels());
      std::ranges::transform(coverage[kind], expected.begin(), [&](std::uint8_t share) {
        const double exact = shape.paper + (shape.ink - shape.paper) * share / 255.0;
        return static_cast<std::uint8_t>(exact + 0.5);
      });
      CHECK(test::pixels_of(ink.image(kind)) == expected);
    }
  }
}

TEST_CASE("fill_rows: what lies between the rows is not touched, and white is 1") {
  Ink ink;
  ink.shape = {2, 2, 255, 0};
  test::append_image(ink, std::array<std::uint8_t, 4>{0, 255, 255, 0});
  std::vector<float> pixels(6, -1.0F);
  kernels::fill_rows(ink.image(0), kernels::unit_table(ink.shape), pixels.data(), 3);
  CHECK(pixels == std::vector<float>{1, 0, -1, 0, 1, -1});
}
