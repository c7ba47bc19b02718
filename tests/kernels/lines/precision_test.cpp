// Series whose digits a float32 would drop are drawn like the same series near 0: by the CPU, by the plain reference
// and by the kernels for a GPU.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/lines/scale.hpp"
#include "support/draw_lines_reference.hpp"
#include "support/host_queue.hpp"
#include "support/line_charts.hpp"

namespace plotmill {
namespace {

using namespace test;

/// The ink of one series, which is that of the reference and that of the kernels for a GPU, whatever the order in which
/// these do their items.
Ink draw(const std::vector<double>& series, const LineOptions& options) {
  const SequencesView view{series.data(), 1, series.size()};
  Ink ink = draw_lines(view, options);
  CHECK(equal_ink(ink, draw_lines_reference(view, options)));
  for (const std::uint64_t order : {0U, 1U, 2U}) {
    CHECK(equal_ink(ink, draw_lines_on_host_queue(view, options, {0, order})));
  }
  return ink;
}

template <class Function>
std::vector<double> each(std::vector<double> series, Function function) {
  for (double& value : series) value = function(value);
  return series;
}

std::vector<LineOptions> looks() {
  LineOptions large;
  large.line_width_px = 1.4;
  LineOptions small;
  small.width = small.height = 64;
  small.margin_px = 3;
  LineOptions aliased = small;
  aliased.antialias = false;
  return {large, small, aliased};
}

void check_equal(const std::vector<double>& series, const std::vector<double>& near) {
  for (const LineOptions& options : looks()) {
    CAPTURE(describe(options, series.size()));
    CHECK(equal_ink(draw(series, options), draw(near, options)));
  }
}

/// The greatest difference of two drawings' coverage, in 255ths.
int greatest_difference(const Ink& a, const Ink& b) {
  std::vector<std::uint8_t> pixels_of_a(a.shape.n_pixels());
  std::vector<std::uint8_t> pixels_of_b(b.shape.n_pixels());
  fill_pixels(a.image(0), pixels_of_a);
  fill_pixels(b.image(0), pixels_of_b);
  int greatest = 0;
  for (std::size_t i = 0; i < pixels_of_a.size(); ++i) {
    greatest = std::max(greatest, std::abs(int{pixels_of_a[i]} - int{pixels_of_b[i]}));
  }
  return greatest;
}

std::vector<double> ramp(std::size_t n, double from, double step) {
  std::vector<double> series(n);
  for (std::size_t k = 0; k < n; ++k) series[k] = from + static_cast<double>(k) * step;
  return series;
}

}  // namespace

TEST_CASE("draw_lines: prices of 110,000.01 with a range of 0.30 are drawn as without the 110,000") {
  Random random(61);
  for (int round = 0; round < 20; ++round) {
    // The digits of a quote; as decimal numbers both are rounded, the one near 110,000 to 1.5e-11.
    std::vector<double> quote(100);
    std::vector<double> near(100);
    for (std::size_t k = 0; k < quote.size(); ++k) {
      const auto cents = static_cast<double>(k == 3 ? 30 : k == 5 ? 0 : random_below(random, 31));
      quote[k] = (11'000'001 + cents) / 100;
      near[k] = (1 + cents) / 100;
    }
    for (const LineOptions& options : looks()) {
      if (!options.antialias) continue;
      CHECK(greatest_difference(draw(quote, options), draw(near, options)) <= 1);
    }
  }
}

TEST_CASE("draw_lines: a series far from 0 with exact differences gives the same ink as near 0, bit for bit") {
  Random random(62);
  for (int round = 0; round < 10; ++round) {
    const std::vector<double> near =
        each(random_walk(random, 100), [](double value) { return std::floor(value * 0x1p20) * 0x1p-20; });
    for (const double offset : {110000.0, -98765432.0, 2e9}) {
      CAPTURE(offset);
      check_equal(each(near, [&](double value) { return value + offset; }), near);
    }
  }
}

TEST_CASE("draw_lines: ramps at 2,000,000,000, of Unix milliseconds and of an energy meter are lines, not steps") {
  check_equal(ramp(100, 2e9, 1), ramp(100, 0, 1));
  check_equal(ramp(300, 1764288000123, 1), ramp(300, 0, 1));
  check_equal(ramp(100, 1764288000000, 60000), ramp(100, 0, 60000));
  check_equal(ramp(100, 98765432.125, 0.125), ramp(100, 0, 0.125));
}

TEST_CASE("draw_lines: 1e39 and what lies beyond is drawn, up to the greatest double, and so is the smallest") {
  constexpr double max = std::numeric_limits<double>::max();
  constexpr double least = std::numeric_limits<double>::denorm_min();
  const std::vector<double> near{0, 2, 1, -2, 0.5, -2, 2};
  for (const double unit : {0x1p129, 0x1p1000, 0x1p1021, 0x1p-149, 0x1p-1000, 0x1p-1060}) {
    CAPTURE(unit);
    check_equal(each(near, [&](double value) { return value * unit; }), near);
  }
  check_equal({1e39, -1e39, 1e39}, {1, -1, 1});
  check_equal({1.7e308, -1.7e308, 0, 1.7e308}, {1, -1, 0, 1});
  check_equal({max, -max, 0, max / 2}, {1, -1, 0, 0.5});
  check_equal({0, 2 * least, least, -2 * least}, {0, 2, 1, -2});
  check_equal({max, max}, {1, 1});
  // Beside such a range everything else is the same.
  check_equal({-max, 1, -0.0, least, max}, {-1, 0, 0, 0, 1});
}

TEST_CASE("draw_lines: either zero is 0, and infinity is a gap as NaN is") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  check_equal({-0.0, 1, 0.0, -0.0}, {0, 1, 0, 0});
  check_equal({0.0, -1, -0.0}, {0, -1, 0});
  check_equal({-0.0, 0.0}, {5, 5});
  check_equal({0, 1, infinity, 1e39, 0, -infinity, 0}, {0, 1e-39, nan, 1, 0, nan, 0});
}

TEST_CASE("draw_lines: a range that is given clips what lies beyond, however far") {
  constexpr double max = std::numeric_limits<double>::max();
  for (LineOptions options : looks()) {
    options.normalize = Normalize::range;
    options.range_lo = 110000;
    options.range_hi = 110000.25;
    const std::vector<double> quote{110000.125, max, 110000.0625, -max, 110000.1875};
    const Ink ink = draw(quote, options);
    options.range_lo = 0;
    options.range_hi = 0.25;
    CHECK(equal_ink(ink, draw({0.125, 1, 0.0625, -1, 0.1875}, options)));
    options.range_lo = -max / 2;
    options.range_hi = -max / 4;
    CHECK(equal_ink(draw({-max / 2, max, -max / 4, -max}, options), draw({-max, 0, 0, -max}, options)));
  }
}

TEST_CASE("value_scale: a value is normalised in double and rounded to float32 once") {
  Random random(63);
  for (int round = 0; round < 20000; ++round) {
    const double size = std::ldexp(random_between(random, 0.5, 1), static_cast<int>(random_below(random, 2000)) - 1000);
    const double lo = random_between(random, -1, 1) * size;
    const double hi =
        lo + random_between(random, 0, 1) * size * std::ldexp(1.0, -static_cast<int>(random_below(random, 20)));
    const double value = std::min(std::max(lo + random_between(random, 0, 1) * (hi - lo), lo), hi);
    if (!(lo < hi)) continue;
    const float t = kernels::ValueScale::between(lo, hi, 0, 1).normalised(value);
    // Quotient of exact differences; a long double need not be longer than a double.
    const double exact = (value - lo) / (hi - lo);
    CHECK(std::abs(static_cast<double>(t) - exact) <= exact * 0x1p-24);
  }
}

}  // namespace plotmill
