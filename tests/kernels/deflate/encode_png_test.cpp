// The judge is libpng, which checks every CRC.
#include "kernels/deflate/encode_png.hpp"

#include <doctest/doctest.h>
#include <png.h>

#include "support/png_image.hpp"
#include "support/random_ink.hpp"
#include "support/simd_targets.hpp"

using namespace plotmill;
using kernels::InkCode;
using kernels::PngEncoder;

namespace {

InkCode code_for(const Ink& ink, std::size_t n) {
  kernels::InkStatistics statistics({ink.shape, kernels::PixelType::uint8, true});
  for (std::size_t i = 0; i < std::min(n, ink.n_images()); ++i) statistics.add(ink.image(i));
  return InkCode(statistics);
}

}  // namespace

TEST_CASE("encode_png: libpng reads the pixels of every image") {
  const std::uint32_t seed = 11;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::size_t i = 0; i < 60; ++i) {
    const ImageShape shape = test::random_shape(i, random);
    const Ink ink = test::random_ink(shape, 6, random);
    const InkCode code = code_for(ink, random.between(0, 3));
    PngEncoder encoder(code);
    for (std::size_t image = 0; image < ink.n_images(); ++image) {
      std::vector<std::uint8_t> out{9};  // What is there stays.
      encoder.encode(ink.image(image), out);
      CHECK(out.front() == 9);
      CHECK(out.size() - 1 <= PngEncoder::max_bytes(shape));
      const test::GrayImage read = test::read_png(std::span(out).subspan(1));
      CHECK(read.width == shape.width);
      CHECK(read.height == shape.height);
      CHECK(read.pixels == test::pixels_of(ink.image(image)));
    }
  }
}

TEST_CASE("encode_png: noise stays within the promised size") {
  test::Random random(12);
  const ImageShape shape{1000, 700, 255, 0};
  Ink ink;
  ink.shape = shape;
  test::append_image(ink, test::random_coverage(shape, 1, random));
  std::vector<std::uint8_t> out;
  PngEncoder(code_for(ink, 0)).encode(ink.image(0), out);
  CHECK(out.size() <= PngEncoder::max_bytes(shape));
  CHECK(test::read_png(out).pixels == test::pixels_of(ink.image(0)));
}

TEST_CASE("encode_png: every instruction set gives the same bytes") {
  test::Random random(13);
  const Ink ink = test::random_ink({700, 90, 255, 0}, 6, random);
  const InkCode code = code_for(ink, 6);
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    std::vector<std::uint8_t> first;
    test::for_each_simd_target([&](const std::string& target) {
      CAPTURE(target);
      std::vector<std::uint8_t> out;
      PngEncoder(code).encode(ink.image(i), out);
      if (first.empty()) first = out;
      CHECK(out == first);
      CHECK(test::read_png(out).pixels == test::pixels_of(ink.image(i)));
    });
  }
}
