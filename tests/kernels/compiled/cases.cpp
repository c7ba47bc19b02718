#include "kernels/compiled/cases.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "support/line_charts.hpp"

namespace plotmill::test {
namespace {

using Limits = std::numeric_limits<Value>;

/// Value k of a kind of series; `walk` is what a random walk has there.
struct Kind {
  const char* name;
  Value (*value)(std::size_t k, Value walk);
};

constexpr std::array kinds{
    Kind{"walk", [](std::size_t, Value walk) { return walk; }},
    Kind{"flat", [](std::size_t, Value) { return Value{7}; }},
    Kind{"some NaN", [](std::size_t k, Value walk) { return k % 7 < 2 ? Limits::quiet_NaN() : walk; }},
    Kind{"all NaN", [](std::size_t, Value) { return Limits::quiet_NaN(); }},
    Kind{"every second NaN", [](std::size_t k, Value walk) { return k % 2 == 1 ? Limits::quiet_NaN() : walk; }},
    Kind{"spikes", [](std::size_t k, Value) { return Value(k % 17 == 5 ? 100 : 0); }},
    Kind{"zigzag", [](std::size_t k, Value) { return Value(k % 2); }},
    Kind{"infinite",
         [](std::size_t k, Value walk) { return k % 5 == 3 ? (k % 2 == 0 ? 1 : -1) * Limits::infinity() : walk; }},
    Kind{"denormal", [](std::size_t k, Value) { return Limits::denorm_min() * Value(k * 7 % 23); }},
    Kind{"greatest",
         [](std::size_t k, Value walk) { return k % 3 == 0   ? Limits::max()
                                                : k % 3 == 1 ? Limits::lowest()
                                                             : walk; }},
    Kind{"zeros", [](std::size_t k, Value) { return k % 2 == 0 ? Value{0} : -Value{0}; }},
};

struct Size {
  std::uint32_t width, height;
};
// 257: one more than fills 256 bytes with one byte a column, or with two or four; there the next array of a scratch
// begins.
constexpr std::array sizes{Size{64, 48},  Size{200, 120}, Size{1, 1},    Size{33, 257},
                           Size{257, 20}, Size{1024, 31}, Size{800, 500}};

// Likewise with what each point has; with every second one missing, 127 have 64 pieces and the end of the last.
constexpr std::array<std::size_t, 12> lengths{1, 2, 3, 17, 33, 65, 100, 127, 129, 193, 257, 300};

constexpr std::array line_widths{1.4, 0.3, 1.0, 5.0, 40.0};

/// Options number i of a row in which all their kinds meet.
LineOptions options_number(std::size_t i, Size size) {
  LineOptions options;
  options.width = size.width;
  options.height = size.height;
  options.line_width_px = line_widths[i % line_widths.size()];
  options.antialias = i % 4 != 1;
  options.gaps = i % 3 == 2 ? Gaps::interpolate : Gaps::split;
  options.flat = i % 2 == 0 ? Flat::middle : Flat::bottom;
  options.normalize = i % 7 == 3 ? Normalize::range : Normalize::minmax;
  if (i % 7 == 5) options.margin_px = 0.3 * (std::min(size.width, size.height) - 1);
  return options;
}

}  // namespace

std::vector<CompiledCase> edge_cases() {
  std::vector<CompiledCase> cases;
  Random random(1);
  std::size_t number = 0;
  for (const Size size : sizes) {
    const bool large = size.width * size.height > 100'000;
    for (const Kind& kind : kinds) {
      ++number;  // So that a length does not meet the same options each time.
      for (const std::size_t n_points : lengths) {
        ++number;
        // Large ones take most of the time: every sixth of them, another one of each kind.
        if (large && number % 6 != 0) continue;
        CompiledCase made{{}, options_number(number, size), n_points, {}};
        const std::size_t n_series = large ? 1 : 1 + number % 2;
        for (std::size_t i = 0; i < n_series; ++i) {
          const auto walk = random_walk(random, n_points);
          for (std::size_t k = 0; k < n_points; ++k) made.values.push_back(kind.value(k, Value(walk[k])));
        }
        made.name = std::string(kind.name) + " " + describe(made.options, n_points);
        cases.push_back(std::move(made));
      }
    }
  }
  return cases;
}

CompiledCase random_case(Random& random) {
  const std::size_t greatest_side = random_below(random, 10) == 0 ? 300 : 80;
  CompiledCase made{{}, random_options(random, greatest_side), 1 + random_below(random, 150), {}};
  made.options.paper = static_cast<std::uint8_t>(random_below(random, 256));
  const std::size_t n_series = 1 + random_below(random, 3);
  for (std::size_t i = 0; i < n_series; ++i) {
    for (const auto value : random_series(random, made.n_points)) made.values.push_back(Value(value));
  }
  made.name = describe(made.options, made.n_points);
  return made;
}

CompiledCase reference_case(std::size_t n_series) {
  CompiledCase made{"reference", {}, 100, {}};
  made.options.line_width_px = 1.4;
  Random random(1);
  for (std::size_t i = 0; i < n_series; ++i) {
    for (const auto value : random_walk(random, made.n_points)) made.values.push_back(Value(value));
  }
  return made;
}

}  // namespace plotmill::test
