// The judge is libjpeg, used as its example code does.
#include "kernels/encode_jpeg.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "plotmill/error.hpp"
#include "support/plain_jpeg.hpp"
#include "support/random_ink.hpp"

using namespace plotmill;
using kernels::JpegEncoder;

TEST_CASE("encode_jpeg: the bytes are those of a plain libjpeg encoder") {
  const std::uint32_t seed = 21;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::size_t i = 0; i < 60; ++i) {
    const ImageShape shape = test::random_shape(i, random);
    const int quality = i < 3 ? 100 : static_cast<int>(random.between(1, 100));
    const Ink ink = test::random_ink(shape, 6, random);
    JpegEncoder encoder(shape, quality);
    for (std::size_t image = 0; image < ink.n_images(); ++image) {
      std::vector<std::uint8_t> out;
      encoder.encode(ink.image(image), out);
      const auto pixels = test::pixels_of(ink.image(image));
      CHECK(out == test::plain_jpeg(pixels, shape.width, shape.height, quality));
      CHECK(out.size() <= JpegEncoder::max_bytes(shape));
    }
  }
}

TEST_CASE("encode_jpeg: what is read back is close to the drawing") {
  test::Random random(22);
  const Ink ink = test::random_ink({64, 48, 255, 0}, 6, random);
  JpegEncoder encoder(ink.shape, 95);
  for (std::size_t image = 0; image < ink.n_images(); ++image) {
    std::vector<std::uint8_t> out;
    encoder.encode(ink.image(image), out);
    const auto expected = test::pixels_of(ink.image(image));
    const auto read = test::read_jpeg(out);
    REQUIRE(read.size() == expected.size());
    double sum = 0;
    for (std::size_t i = 0; i < read.size(); ++i) sum += std::abs(read[i] - expected[i]);
    CHECK(sum / static_cast<double>(read.size()) < 5);
  }
}

TEST_CASE("encode_jpeg: noise at quality 100 stays within the promised size") {
  test::Random random(23);
  const ImageShape shape{1000, 700, 255, 0};
  Ink ink;
  ink.shape = shape;
  test::append_image(ink, test::random_coverage(shape, 1, random));
  JpegEncoder encoder(shape, 100);
  std::vector<std::uint8_t> out;
  encoder.encode(ink.image(0), out);
  CHECK(out.size() <= JpegEncoder::max_bytes(shape));
  CHECK(out == test::plain_jpeg(test::pixels_of(ink.image(0)), shape.width, shape.height, 100));
}

TEST_CASE("encode_jpeg: an image too large for JPEG is an error that says so") {
  try {
    const JpegEncoder encoder({65501, 1, 255, 0}, 90);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::definition);
    CHECK(std::string(error.what()).find("65501x1 px is too large for JPEG, which takes 65500 px") !=
          std::string::npos);
  }
  JpegEncoder largest({65500, 1, 255, 0}, 90);
  Ink ink;
  ink.shape = {65500, 1, 255, 0};
  test::append_image(ink, std::vector<std::uint8_t>(65500, 0));
  std::vector<std::uint8_t> out;
  largest.encode(ink.image(0), out);
  CHECK(test::read_jpeg(out) == std::vector<std::uint8_t>(65500, 255));
}
