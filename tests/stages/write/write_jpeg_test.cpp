// What write_jpeg does not share with write_png; the rest is in write_png_test.cpp.
#include <doctest/doctest.h>

#include <filesystem>

#include "support/plain_jpeg.hpp"
#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;

TEST_CASE("write_jpeg: each file is what libjpeg makes of the pixels at that quality") {
  test::Random random(61);
  const test::WriterInput input = test::with_series(test::random_ink({37, 21, 250, 10}, 7, random), 5);
  for (const std::int64_t quality : {1, 90, 100}) {
    const test::TempDir dir;
    const std::uint64_t n_bytes = test::run_writer(
        "write_jpeg", {{"directory", dir.path().string()}, {"quality", quality}}, input, {.batch = 3, .n_lanes = 2});
    std::uint64_t n_found = 0;
    for (std::size_t i = 0; i < 7; ++i) {
      const std::string bytes = test::read_bytes(dir.file("00000" + std::to_string(i) + ".jpg"));
      n_found += bytes.size();
      const auto expected = test::plain_jpeg(test::pixels_of(input.ink.image(i)), 37, 21, static_cast<int>(quality));
      CHECK(std::vector<std::uint8_t>(bytes.begin(), bytes.end()) == expected);
    }
    CHECK(n_bytes == n_found);
  }
}

TEST_CASE("write_jpeg: the quality is 90 unless said otherwise") {
  test::Random random(62);
  const test::WriterInput input = test::with_series(test::random_ink({30, 30, 255, 0}, 2, random), 5);
  const test::TempDir dir;
  test::run_writer("write_jpeg", {{"directory", dir.path().string()}, {"name", "{index}.jpeg"}}, input);
  const std::string bytes = test::read_bytes(dir.file("1.jpeg"));
  CHECK(std::vector<std::uint8_t>(bytes.begin(), bytes.end()) ==
        test::plain_jpeg(test::pixels_of(input.ink.image(1)), 30, 30, 90));
}

TEST_CASE("write_jpeg: an image too large for JPEG is an error before anything is made") {
  const test::TempDir dir;
  const auto writer = test::make_writer("write_jpeg", {{"directory", dir.file("out")}});
  const auto [kind, text] = test::error_of([&] { writer->open({70, 65501, 255, 0}, {5, {}}, {}); });
  writer->abandon();
  CHECK(kind == ErrorKind::definition);
  CHECK(text.find("70x65501 px is too large for JPEG") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(dir.file("out")));
}
