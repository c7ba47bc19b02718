// The product's ink against the plain reference, bit for bit, and the rules that a reader of draw_lines.hpp relies on.
#include "plotmill/draw_lines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/draw_lines_reference.hpp"
#include "support/line_charts.hpp"
#include "support/random_series.hpp"
#include "support/simd_targets.hpp"

namespace plotmill {
namespace {

using namespace test;

Ink draw(const std::vector<double>& series, const LineOptions& options) {
  return draw_lines({series.data(), 1, series.size()}, options);
}

std::vector<std::uint8_t> pixels_of(const Ink& ink, std::size_t image = 0) {
  std::vector<std::uint8_t> pixels(ink.shape.n_pixels());
  fill_pixels(ink.image(image), pixels);
  return pixels;
}

void check_against_reference(const std::vector<double>& series, const LineOptions& options, const std::string& where) {
  const SequencesView view{series.data(), 1, series.size()};
  CAPTURE(where);
  const Ink reference = draw_lines_reference(view, options);
  for_each_simd_target([&](const std::string& target) {
    CAPTURE(target);
    CHECK(equal_ink(draw_lines(view, options), reference));
  });
}

}  // namespace

TEST_CASE("draw_lines: the cases below run on every instruction set of this machine") {
  const std::string names = for_each_simd_target([](const std::string&) {});
  MESSAGE("instruction sets: " << names);
#if HWY_ARCH_X86
  if (__builtin_cpu_supports("avx2")) CHECK(names.find("AVX2") != std::string::npos);
  if (__builtin_cpu_supports("avx2")) CHECK(std::count(names.begin(), names.end(), ' ') >= 2);
#endif
}

TEST_CASE("draw_lines: random series in random small frames give the reference's ink") {
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < 400; ++round) {
    const LineOptions options = random_options(random, 90);
    const std::size_t n_points = 1 + random_below(random, round % 4 == 0 ? 400 : 40);
    check_against_reference(
        random_series(random, n_points), options,
        "seed " + std::to_string(seed) + " round " + std::to_string(round) + ": " + describe(options, n_points));
  }
}

TEST_CASE("draw_lines: the largest frames and longest series give the reference's ink") {
  Random random(7);
  const auto check = [&](std::uint32_t width, std::uint32_t height, std::size_t n_points, double line_width) {
    LineOptions options;
    options.width = width;
    options.height = height;
    options.line_width_px = line_width;
    check_against_reference(random_walk(random, n_points), options, describe(options, n_points));
  };
  check(4096, 3, 10000, 1);
  check(5, 4096, 10000, 0.1);
  check(1, 1, 10000, 64);
  check(4096, 300, 2, 0.3);
  check(300, 4096, 1, 64);
  check(800, 500, 100, 1.4);
  check(64, 60, 10000, 0.5);
  check(40, 2500, 30, 1.4);
  check(30, 900, 3000, 20);
}

TEST_CASE("draw_lines: one drawer for many series gives the same ink as one call for each") {
  Random random(11);
  LineOptions options;
  options.width = 40;
  options.height = 30;
  std::vector<double> all;
  for (int i = 0; i < 20; ++i) {
    const std::vector<double> series = random_series(random, 25);
    all.insert(all.end(), series.begin(), series.end());
  }
  const Ink together = draw_lines({all.data(), 20, 25}, options);
  REQUIRE(together.n_images() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    const Ink alone = draw_lines({all.data() + i * 25, 1, 25}, options);
    CHECK(pixels_of(together, i) == pixels_of(alone));
  }
}

TEST_CASE("draw_lines: runs are in order, never touch, and agree with the number of coverage values") {
  Random random(13);
  for (int round = 0; round < 50; ++round) {
    const LineOptions options = random_options(random, 60);
    const Ink ink = draw(random_series(random, 30), options);
    std::size_t n_ink = 0;
    for (std::size_t row = 0; row < options.height; ++row) {
      std::uint32_t free_from = 0;
      for (std::uint32_t i = ink.row_begin[row]; i < ink.row_begin[row + 1]; ++i) {
        const Run run = ink.runs[i];
        CHECK(run.n > 0);
        CHECK(run.x >= free_from);
        free_from = run.x + run.n + 1U;
        CHECK(free_from <= options.width + 1);
        n_ink += run.n;
      }
    }
    CHECK(n_ink == ink.coverage.size());
    CHECK(std::count(ink.coverage.begin(), ink.coverage.end(), 0) == 0);
  }
}

TEST_CASE("draw_lines: a flat series one pixel wide fills the middle row between its round caps and nothing else") {
  LineOptions options;
  options.width = 9;
  options.height = 5;
  options.line_width_px = 1;
  for (const bool antialias : {true, false}) {
    options.antialias = antialias;
    const auto pixels = pixels_of(draw(std::vector<double>(4, 3.25), options));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      CAPTURE(i);
      const bool cap = antialias && (i % 9 == 0 || i % 9 == 8);
      if (i / 9 == 2 && cap) {
        CHECK(pixels[i] < 64);
      } else {
        CHECK(pixels[i] == (i / 9 == 2 ? 0 : 255));
      }
    }
  }
}

TEST_CASE("draw_lines: flat series go to the bottom or are refused as asked") {
  LineOptions options;
  options.width = 3;
  options.height = 4;
  options.line_width_px = 1;
  options.flat = Flat::bottom;
  const auto pixels = pixels_of(draw({1, 1}, options));
  CHECK(pixels[2 * 3 + 1] == 255);
  CHECK(pixels[3 * 3 + 1] == 0);

  options.flat = Flat::error;
  const std::vector<double> two_series{0, 1, 7, 7};
  try {
    (void)draw_lines({two_series.data(), 2, 2}, options);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.series() == 1);
  }
  for (const auto& [value, shown] : {std::pair(110000.01, "110000.01"), std::pair(1e39, "1e+39")}) {
    try {
      (void)draw({value, value}, options);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find(std::string("every value is ") + shown + ", so") != std::string::npos);
    }
  }
}

TEST_CASE("draw_lines: the first point is at the left, the greatest value at the top, inside the margin") {
  LineOptions options;
  options.width = 11;
  options.height = 7;
  options.line_width_px = 1;
  options.margin_px = 2;
  options.antialias = false;
  const auto pixels = pixels_of(draw({1, 0}, options));
  CHECK(pixels[2 * 11 + 2] == 0);
  CHECK(pixels[4 * 11 + 8] == 0);
  CHECK(pixels[2 * 11 + 1] == 255);
  CHECK(pixels[1 * 11 + 2] == 255);
}

TEST_CASE("draw_lines: a gap breaks the line, interpolate closes it, error refuses it") {
  LineOptions options;
  options.width = 21;
  options.height = 3;
  options.line_width_px = 1;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> series{5, 5, nan, 5, 5};
  CHECK(pixels_of(draw(series, options))[21 + 10] == 255);
  options.gaps = Gaps::interpolate;
  CHECK(pixels_of(draw(series, options)) == pixels_of(draw({5, 5, 5, 5, 5}, options)));
  CHECK(pixels_of(draw({nan, 5, 5, 5, nan}, options)) == pixels_of(draw({5, 5, 5, 5, 5}, options)));
  options.gaps = Gaps::error;
  CHECK_THROWS_AS((void)draw(series, options), Error);
}

TEST_CASE("draw_lines: a series without a finite value is all paper") {
  LineOptions options;
  options.gaps = Gaps::interpolate;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const Ink ink = draw({nan, inf, -inf, nan}, options);
  CHECK(ink.n_images() == 1);
  CHECK(ink.coverage.empty());
}

TEST_CASE("draw_lines: a lone point is a dot, in the middle when the series has no other") {
  LineOptions options;
  options.width = 5;
  options.height = 5;
  options.line_width_px = 1;
  options.antialias = false;
  const auto pixels = pixels_of(draw({3}, options));
  CHECK(pixels[2 * 5 + 2] == 0);
  CHECK(std::count(pixels.begin(), pixels.end(), 0) == 1);
}

TEST_CASE("draw_lines: a line without antialiasing never has gaps") {
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    LineOptions options;
    options.width = static_cast<std::uint32_t>(2 + random_below(random, 100));
    options.height = static_cast<std::uint32_t>(2 + random_below(random, 100));
    options.line_width_px = random_between(random, 0.1, 2);
    options.antialias = false;
    const Ink ink = draw(random_walk(random, 2 + random_below(random, 60)), options);
    auto pixels = pixels_of(ink);
    // Flood fill over the eight neighbours from the first ink pixel.
    const int width = static_cast<int>(options.width);
    const int height = static_cast<int>(options.height);
    std::vector<int> open;
    for (int i = 0; i < width * height && open.empty(); ++i) {
      if (pixels[static_cast<std::size_t>(i)] == 0) open.push_back(i);
    }
    for (const int i : open) pixels[static_cast<std::size_t>(i)] = 255;
    std::size_t n_reached = open.size();
    while (!open.empty()) {
      const int at = open.back();
      open.pop_back();
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
          const int x = at % width + dx;
          const int y = at / width + dy;
          if (x < 0 || y < 0 || x >= width || y >= height) continue;
          std::uint8_t& pixel = pixels[static_cast<std::size_t>(y * width + x)];
          if (pixel != 0) continue;
          pixel = 255;
          open.push_back(y * width + x);
          ++n_reached;
        }
      }
    }
    CAPTURE(seed);
    CAPTURE(describe(options, 0));
    CHECK(n_reached == ink.coverage.size());
  }
}

TEST_CASE("draw_lines: gray values mix paper and ink, rounded half up") {
  const ImageShape shape{1, 1, 200, 50};
  for (int coverage = 0; coverage <= 255; ++coverage) {
    const double exact = 200 + (50 - 200) * coverage / 255.0;
    CHECK(shape.gray(static_cast<std::uint8_t>(coverage)) == static_cast<int>(std::floor(exact + 0.5)));
  }
}

TEST_CASE("draw_lines: options out of range are refused, all at once") {
  LineOptions options;
  options.width = 0;
  options.line_width_px = std::numeric_limits<double>::quiet_NaN();
  options.normalize = Normalize::range;
  options.range_lo = options.range_hi = 3;
  const auto faults = check_options(options);
  REQUIRE(faults.size() == 3);
  CHECK(faults[0].message() == "width: 0 is outside 1..65535");
  CHECK(faults[1].message() == "line_width_px: nan is outside 0.01..1024");
  CHECK_THROWS_AS((void)draw({1, 2}, options), Error);
}

}  // namespace plotmill
