// What must not change a chart, or only turn it over. Exact where the arithmetic is; else at most one level of gray, as
// the two ways round to different numbers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "plotmill/draw_lines.hpp"
#include "support/random_series.hpp"

namespace plotmill {
namespace {

using namespace test;

std::vector<std::uint8_t> draw(const std::vector<double>& series, const LineOptions& options) {
  const Ink ink = draw_lines({series.data(), 1, series.size()}, options);
  std::vector<std::uint8_t> pixels(ink.shape.n_pixels());
  fill_pixels(ink.image(0), pixels);
  return pixels;
}

std::vector<std::uint8_t> mirrored_left_right(std::vector<std::uint8_t> pixels, std::size_t width) {
  for (auto row = pixels.begin(); row != pixels.end(); row += static_cast<std::ptrdiff_t>(width)) {
    std::reverse(row, row + static_cast<std::ptrdiff_t>(width));
  }
  return pixels;
}

std::vector<std::uint8_t> mirrored_top_bottom(std::vector<std::uint8_t> pixels, std::size_t width) {
  std::ranges::reverse(pixels);
  return mirrored_left_right(std::move(pixels), width);
}

template <class Function>
std::vector<double> each(std::vector<double> series, Function function) {
  for (double& value : series) value = function(value);
  return series;
}

struct Difference {
  int greatest = 0;
  std::size_t n = 0;      ///< Pixels that differ
  std::size_t n_ink = 0;  ///< of these.

  void add(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      greatest = std::max(greatest, std::abs(int{a[i]} - int{b[i]}));
      if (a[i] != b[i]) ++n;
      if (a[i] != 255 || b[i] != 255) ++n_ink;
    }
  }

  [[nodiscard]] std::string text() const {
    return std::to_string(n) + " of " + std::to_string(n_ink) + " pixels differ, by " + std::to_string(greatest) +
           " at most";
  }
};

LineOptions random_options(Random& random) {
  LineOptions options;
  options.width = static_cast<std::uint32_t>(2 + random_below(random, 400));
  options.height = static_cast<std::uint32_t>(2 + random_below(random, 300));
  options.line_width_px = random_below(random, 4) == 0 ? random_between(random, 3, 30) : random_between(random, 0.1, 3);
  const double room = (std::min(options.width, options.height) - 1.0) / 2;
  if (random_below(random, 3) == 0) options.margin_px = random_between(random, 0, room);
  return options;
}

std::vector<double> with_gaps(std::vector<double> series, Random& random) {
  for (double& value : series) {
    if (random_below(random, 15) == 0) value = std::numeric_limits<double>::quiet_NaN();
  }
  return series;
}

constexpr int n_rounds = 200;

/// Draws random series and what `change` makes of them, the latter turned back by `turn`.
template <class Change, class Turn>
Difference compare(Random& random, Change change, Turn turn) {
  Difference difference;
  for (int round = 0; round < n_rounds; ++round) {
    const LineOptions options = random_options(random);
    std::vector<double> series = random_walk(random, 2 + random_below(random, 120));
    if (round % 3 == 0) series = with_gaps(std::move(series), random);
    difference.add(draw(series, options), turn(draw(change(series), options), options.width));
  }
  return difference;
}

std::vector<double> reversed(std::vector<double> series) {
  std::ranges::reverse(series);
  return series;
}

std::vector<double> negated(std::vector<double> series) {
  return each(std::move(series), [](double value) { return -value; });
}

}  // namespace

TEST_CASE("draw_lines: a series in reverse order gives the chart mirrored left to right") {
  Random random(41);
  const Difference difference = compare(random, reversed, mirrored_left_right);
  MESSAGE(difference.text());
  CHECK(difference.greatest <= 1);
  CHECK(difference.n * 1000 <= difference.n_ink);
}

TEST_CASE("draw_lines: a negated series gives the chart mirrored top to bottom") {
  Random random(42);
  const Difference difference = compare(random, negated, mirrored_top_bottom);
  MESSAGE(difference.text());
  CHECK(difference.greatest <= 1);
  CHECK(difference.n * 1000 <= difference.n_ink);
}

TEST_CASE("draw_lines: minmax gives the same ink for a series times a power of two, and plus a whole number") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < n_rounds; ++round) {
    LineOptions options = random_options(random);
    options.antialias = round % 2 == 0;
    const std::vector<double> series = with_gaps(random_walk(random, 2 + random_below(random, 120)), random);
    const auto pixels = draw(series, options);
    for (const int power : {-80, -3, 1, 24, 100}) {
      CAPTURE(power);
      CHECK(draw(each(series, [&](double value) { return std::ldexp(value, power); }), options) == pixels);
    }
    // Sums of these are exact in double.
    const std::vector<double> whole = each(series, [](double value) { return std::floor(value * 16); });
    CHECK(draw(each(whole, [](double value) { return value + 100000; }), options) == draw(whole, options));
  }
}

}  // namespace plotmill
