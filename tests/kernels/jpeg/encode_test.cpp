// The judge is libjpeg, used as its example code does.
#include "kernels/jpeg/encode.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "plotmill/draw_lines.hpp"
#include "plotmill/error.hpp"
#include "support/plain_jpeg.hpp"
#include "support/random_ink.hpp"
#include "support/simd_targets.hpp"

using namespace plotmill;
using kernels::JpegEncoder;

namespace {

bool same_as_libjpeg(JpegEncoder& encoder, const InkImageView& image, int quality) {
  std::vector<std::uint8_t> out;
  encoder.encode(image, out);
  return out == test::plain_jpeg(test::pixels_of(image), image.shape.width, image.shape.height, quality);
}

// Charts of random walks.
Ink charts(const LineOptions& options, std::size_t n_series, std::size_t n_points, test::Random& random) {
  std::vector<double> values(n_series * n_points);
  double sum = 0;
  for (double& value : values) value = sum += random.between(0, 2000) - 1000.0;
  return draw_lines({values.data(), n_series, n_points}, options);
}

}  // namespace

TEST_CASE("encode_jpeg: charts at every quality are those of libjpeg") {
  const std::uint32_t seed = 24;
  CAPTURE(seed);
  test::Random random(seed);
  LineOptions options;
  options.width = 203;
  options.height = 117;
  const Ink ink = charts(options, 2, 40, random);
  for (int quality = 1; quality <= 100; ++quality) {
    JpegEncoder encoder(ink.shape, quality);
    for (std::size_t image = 0; image < ink.n_images(); ++image) {
      CHECK_MESSAGE(same_as_libjpeg(encoder, ink.image(image), quality), "quality " << quality);
    }
  }
}

TEST_CASE("encode_jpeg: charts are those of libjpeg with every instruction set of this machine") {
  test::Random random(29);
  const Ink ink = charts({}, 2, 100, random);
  test::for_each_simd_target([&](const std::string& target) {
    JpegEncoder encoder(ink.shape, 90);
    for (std::size_t image = 0; image < ink.n_images(); ++image) {
      CHECK_MESSAGE(same_as_libjpeg(encoder, ink.image(image), 90), target);
    }
  });
}

TEST_CASE("encode_jpeg: charts of every kind and size are those of libjpeg") {
  const std::uint32_t seed = 25;
  CAPTURE(seed);
  test::Random random(seed);
  const std::pair<std::uint32_t, std::uint32_t> sizes[] = {{800, 500}, {1920, 1080}, {224, 224}, {64, 60},
                                                           {801, 1},   {1, 500},     {513, 77}};
  for (const auto& size : sizes) {
    const auto width = size.first, height = size.second;
    for (const std::size_t n_points : {2U, 100U, 1000U}) {
      LineOptions options;
      options.width = width;
      options.height = height;
      options.antialias = random.between(0, 2) != 0;
      options.line_width_px = random.between(1, 60) / 10.0;
      options.paper = static_cast<std::uint8_t>(random.between(0, 1) == 0 ? 255 : random.between(0, 255));
      options.ink = static_cast<std::uint8_t>(random.between(0, 1) == 0 ? 0 : random.between(0, 255));
      const Ink ink = charts(options, 2, n_points, random);
      const int quality = static_cast<int>(random.between(1, 100));
      CAPTURE(width);
      CAPTURE(height);
      CAPTURE(quality);
      JpegEncoder encoder(ink.shape, quality);
      for (std::size_t image = 0; image < ink.n_images(); ++image) {
        CHECK(same_as_libjpeg(encoder, ink.image(image), quality));
      }
    }
  }
}

TEST_CASE("encode_jpeg: every size up to 40x40 is that of libjpeg") {
  const std::uint32_t seed = 26;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::uint32_t width = 1; width <= 40; ++width) {
    for (std::uint32_t height = 1; height <= 40; ++height) {
      const ImageShape shape{width, height, 255, 0};
      Ink ink;
      ink.shape = shape;
      test::append_image(ink, test::random_coverage(shape, random.between(1, 5), random));
      for (const int quality : {static_cast<int>(random.between(1, 100)), 90}) {
        JpegEncoder encoder(shape, quality);
        CHECK_MESSAGE(same_as_libjpeg(encoder, ink.image(0), quality), width << "x" << height << " at " << quality);
      }
    }
  }
}

TEST_CASE("encode_jpeg: a lone pixel anywhere in a frame of blank blocks is that of libjpeg") {
  test::Random random(27);
  for (const int gray : {255, 127, 128, 0}) {
    const auto paper = static_cast<std::uint8_t>(gray);
    const ImageShape shape{203, 19, paper, static_cast<std::uint8_t>(255 - paper)};
    JpegEncoder encoder(shape, 90);
    for (std::uint32_t x = 0; x < shape.width; x += random.between(1, 5)) {
      std::vector<std::uint8_t> coverage(shape.n_pixels(), 0);
      coverage[random.between(0, shape.height - 1) * shape.width + x] = 255;
      Ink ink;
      ink.shape = shape;
      test::append_image(ink, coverage);
      CHECK(same_as_libjpeg(encoder, ink.image(0), 90));
    }
  }
}

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

TEST_CASE("encode_jpeg: the noise that takes most bits stays within the promised size") {
  test::Random random(28);
  const ImageShape shape{160, 160, 255, 0};
  Ink ink;
  ink.shape = shape;
  std::vector<std::uint8_t> coverage(shape.n_pixels());
  for (auto& share : coverage) share = static_cast<std::uint8_t>(255 * random.between(0, 1));
  test::append_image(ink, coverage);
  JpegEncoder encoder(shape, 100);
  std::vector<std::uint8_t> out;
  encoder.encode(ink.image(0), out);
  const double share = static_cast<double>(out.size()) / static_cast<double>(JpegEncoder::max_bytes(shape));
  MESSAGE(share);
  CHECK(out.size() <= JpegEncoder::max_bytes(shape));
  CHECK(out == test::plain_jpeg(test::pixels_of(ink.image(0)), shape.width, shape.height, 100));
}

TEST_CASE("encode_jpeg: blocks found by searching for the longest codes stay within the promised size") {
  // Found by annealing. Together with its negative beside it, so that frequency 0 jumps from block to block, it takes
  // 131 bytes with the zero bytes: two bytes a pixel do not hold that.
  constexpr std::uint8_t longest[64] = {0,   255, 0,   0,   255, 255, 255, 255, 255, 19,  3,   255, 0,   0,   0,   0,
                                        255, 255, 124, 78,  37,  255, 0,   255, 255, 149, 255, 0,   255, 0,   255, 0,
                                        0,   179, 33,  255, 255, 0,   0,   0,   255, 0,   255, 255, 255, 255, 0,   223,
                                        255, 255, 255, 255, 255, 75,  255, 255, 255, 0,   255, 0,   186, 255, 0,   7};
  const ImageShape shape{256, 256, 0, 255};
  std::vector<std::uint8_t> coverage(shape.n_pixels());
  for (std::size_t y = 0; y < shape.height; ++y) {
    for (std::size_t x = 0; x < shape.width; ++x) {
      const std::uint8_t share = longest[y % 8 * 8 + x % 8];
      coverage[y * shape.width + x] = static_cast<std::uint8_t>(x / 8 % 2 == 0 ? share : 255 - share);
    }
  }
  Ink ink;
  ink.shape = shape;
  test::append_image(ink, coverage);
  JpegEncoder encoder(shape, 100);
  std::vector<std::uint8_t> out;
  encoder.encode(ink.image(0), out);
  CHECK(out == test::plain_jpeg(test::pixels_of(ink.image(0)), shape.width, shape.height, 100));
  CHECK(out.size() > 2 * shape.n_pixels() + 2048);
  CHECK(out.size() <= JpegEncoder::max_bytes(shape));
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
