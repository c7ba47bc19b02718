// How close the ink is to the exact area under the stroke: against 16x16 points in each pixel.
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/lines/draw_lines.hpp"
#include "support/random_series.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr int samples = 16;

/// Squared distance of (x, y) from the segment between points k and k + 1.
double squared_distance(const kernels::LinePoints& line, std::size_t k, double x, double y) {
  const double ax = static_cast<double>(line.x[k]), ay = static_cast<double>(line.y[k]);
  const double dx = static_cast<double>(line.x[k + 1]) - ax, dy = static_cast<double>(line.y[k + 1]) - ay;
  const double t = std::clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
  const double ex = x - (ax + t * dx), ey = y - (ay + t * dy);
  return ex * ex + ey * ey;
}

/// Coverage of pixel (column, row) by sampling, in 255ths.
double sampled_coverage(const kernels::LinePoints& line, int column, int row, double r) {
  std::size_t from = 0;
  while (from + 2 < line.x.size() && static_cast<double>(line.x[from + 1]) < column - 1 - r) ++from;
  std::size_t to = from;
  while (to + 2 < line.x.size() && static_cast<double>(line.x[to + 1]) < column + 1 + r) ++to;
  double nearest = 1e30;
  for (std::size_t k = from; k <= to; ++k) nearest = std::min(nearest, squared_distance(line, k, column, row));
  if (std::sqrt(nearest) > r + 0.8) return 0;
  int inside = 0;
  for (int i = 0; i < samples * samples; ++i) {
    const double x = column - 0.5 + (i % samples + 0.5) / samples;
    const double y = row - 0.5 + (i / samples + 0.5) / samples;
    bool covered = false;
    for (std::size_t k = from; k <= to && !covered; ++k) covered = squared_distance(line, k, x, y) <= r * r;
    inside += covered ? 1 : 0;
  }
  return 255.0 * inside / (samples * samples);
}

/// Mean absolute error over the pixels that are ink for either side, in 255ths.
double mean_error(const std::vector<double>& series, const LineOptions& options) {
  kernels::LinePoints line;
  kernels::line_points(options, kernels::line_x(options, series.size()), series, line);
  Ink ink = draw_lines({series.data(), 1, series.size()}, options);
  ink.shape.paper = 0;
  ink.shape.ink = 255;
  std::vector<std::uint8_t> coverage(ink.shape.n_pixels());
  fill_pixels(ink.image(0), coverage);
  double sum = 0;
  std::size_t n = 0;
  for (std::uint32_t row = 0; row < options.height; ++row) {
    for (std::uint32_t column = 0; column < options.width; ++column) {
      const double exact =
          sampled_coverage(line, static_cast<int>(column), static_cast<int>(row), options.line_width_px / 2);
      const double drawn = coverage[row * options.width + column];
      if (exact <= 0 && drawn <= 0) continue;
      sum += std::abs(exact - drawn);
      ++n;
    }
  }
  return sum / static_cast<double>(n);
}

}  // namespace

TEST_CASE("draw_lines: the mean error over ink pixels is at most 1/255 at widths 0.5, 1, 1.5 and 3") {
  Random random(2024);
  for (const double line_width : {0.5, 1.0, 1.5, 3.0}) {
    double sum = 0;
    constexpr int n_series = 4;
    for (int i = 0; i < n_series; ++i) {
      LineOptions options;
      options.line_width_px = line_width;
      sum += mean_error(random_walk(random, 100), options);
    }
    MESSAGE("line width " << line_width << " px: mean error " << sum / n_series << " / 255");
    CHECK(sum / n_series <= 1.0);
  }
}

TEST_CASE("draw_lines: the error stays small for few points, many points and small frames") {
  Random random(2025);
  struct Case {
    std::uint32_t width, height;
    std::size_t n_points;
    double line_width, limit;
  };
  for (const Case& c :
       {Case{64, 60, 20, 1, 1.5}, Case{224, 224, 100, 1, 1.5}, Case{800, 500, 1000, 1, 3}, Case{800, 500, 2, 1, 0.5}}) {
    LineOptions options;
    options.width = c.width;
    options.height = c.height;
    options.line_width_px = c.line_width;
    const double error = mean_error(random_walk(random, c.n_points), options);
    MESSAGE(c.width << "x" << c.height << ", " << c.n_points << " points: mean error " << error << " / 255");
    CHECK(error <= c.limit);
  }
}

}  // namespace plotmill
