// What the tests of drawing lines share: random options, and when two drawings are the same.
#pragma once

#include <algorithm>
#include <string>

#include "plotmill/draw_lines.hpp"
#include "support/random_series.hpp"

namespace plotmill::test {

[[nodiscard]] inline bool equal_ink(const Ink& a, const Ink& b) {
  return a.shape == b.shape && a.row_begin == b.row_begin && a.runs == b.runs && a.coverage == b.coverage &&
         a.coverage_begin == b.coverage_begin;
}

/// Options of all kinds, for frames of at most `greatest_side` px.
[[nodiscard]] inline LineOptions random_options(Random& random, std::size_t greatest_side) {
  LineOptions options;
  options.width = static_cast<std::uint32_t>(1 + random_below(random, greatest_side));
  options.height = static_cast<std::uint32_t>(1 + random_below(random, greatest_side));
  options.line_width_px = random_below(random, 4) == 0 ? random_between(random, 3, 64) : random_between(random, 0.1, 3);
  const double room = (std::min(options.width, options.height) - 1.0) / 2;
  if (random_below(random, 3) == 0) options.margin_px = random_between(random, 0, room);
  options.antialias = random_below(random, 3) != 0;
  options.gaps = random_below(random, 3) == 0 ? Gaps::interpolate : Gaps::split;
  options.flat = random_below(random, 2) == 0 ? Flat::middle : Flat::bottom;
  if (random_below(random, 4) == 0) options.normalize = Normalize::none;
  if (random_below(random, 4) == 0) {
    options.normalize = Normalize::range;
    options.range_lo = random_between(random, -5, 1);
    options.range_hi = options.range_lo + random_between(random, 0.1, 10);
  }
  return options;
}

/// Options and length in words, for the message of a failing test.
[[nodiscard]] inline std::string describe(const LineOptions& o, std::size_t n_points) {
  return std::to_string(o.width) + "x" + std::to_string(o.height) + " line " + std::to_string(o.line_width_px) +
         " margin " + std::to_string(o.margin_px) + " points " + std::to_string(n_points) +
         (o.antialias ? "" : " aliased") + (o.gaps == Gaps::interpolate ? " interpolated" : "");
}

}  // namespace plotmill::test
