// How close the ink is to the area under the stroke, over what people draw.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "kernels/lines/draw_lines.hpp"
#include "support/chart_series.hpp"
#include "support/line_area.hpp"

namespace plotmill {
namespace {

using namespace test;

/// 512 verticals put a judge of steep edges off by 0.1/255 on average, 16 by 2/255.
constexpr int n_verticals = 512;
constexpr std::size_t n_series = 2;

/// Sums over the pixels that are ink, or that the stroke covers.
struct Errors {
  double exact = 0, sampled = 0;  ///< Against the area itself, and against 16x16 points in each pixel.
  std::size_t n = 0;
};

void add_errors(std::span<const double> series, const LineOptions& options, Errors& errors) {
  kernels::LinePoints points;
  kernels::line_points(options, kernels::line_x(options, series.size()), series, points);
  const PixelLine line{{points.x.begin(), points.x.end()}, {points.y.begin(), points.y.end()}, options.line_width_px};
  const std::vector<double> exact = covered_area(line, options.width, options.height, n_verticals);
  const std::vector<double> sampled = covered_area(line, options.width, options.height, 16, 16);
  Ink ink = draw_lines({series.data(), 1, series.size()}, options);
  ink.shape.paper = 0;
  ink.shape.ink = 255;
  std::vector<std::uint8_t> drawn(ink.shape.n_pixels());
  fill_pixels(ink.image(0), drawn);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (drawn[i] == 0 && exact[i] <= 0) continue;
    errors.exact += std::abs(exact[i] - drawn[i]);
    errors.sampled += std::abs(sampled[i] - drawn[i]);
    ++errors.n;
  }
}

struct Cells {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes;
  std::vector<std::size_t> points;
  std::vector<double> line_widths;
};

const Cells all_cells{{{64, 60}, {224, 224}, {256, 160}, {800, 500}}, {20, 100, 300, 1000}, {0.5, 1, 1.5, 3}};

/// The mean error over the ink of some charts of one kind is at most 0.5/255, half of which is the rounding.
template <class SeriesOf>
void check_errors(SeriesOf series_of, const Cells& cells = all_cells) {
  std::string table;
  for (const auto& [width, height] : cells.sizes) {
    for (const std::size_t n_points : cells.points) {
      const std::vector<double> series = series_of(n_series, n_points);
      for (const double line_width : cells.line_widths) {
        LineOptions options;
        options.width = width;
        options.height = height;
        options.line_width_px = line_width;
        Errors errors;
        for (std::size_t i = 0; i < n_series; ++i) {
          add_errors(std::span(series).subspan(i * n_points, n_points), options, errors);
        }
        const auto mean = [&](double sum) { return sum / static_cast<double>(errors.n); };
        char text[100];
        std::snprintf(text, sizeof(text), "%ux%u, %zu points, %.1f px: %.2f (16x16 points: %.2f)\n", width, height,
                      n_points, line_width, mean(errors.exact), mean(errors.sampled));
        table += text;
        CAPTURE(text);
        CHECK(mean(errors.exact) <= 0.5);
      }
    }
  }
  MESSAGE("mean errors over ink pixels, in 255ths:\n" << table);
}

}  // namespace

TEST_CASE("draw_lines: random walks are drawn to within 0.5/255 of the area under the stroke, on average") {
  check_errors(random_walks);
}

TEST_CASE("draw_lines: the error is as small where points are just so far apart that fewer slices are taken") {
  const Cells cells{{{224, 224}}, {32, 102, 372}, {0.5, 1.25, 1.4}};
  for (const std::size_t n_points : cells.points) {
    const auto parts = [](std::size_t n) { return kernels::parts_of(n, 223, 0.7F); };
    CHECK(2 * parts(n_points) == parts(n_points + 1));
  }
  check_errors(random_walks, cells);
}

TEST_CASE("draw_lines: prices are drawn to within 0.5/255 of the area under the stroke, on average") {
  if (!candle_windows(1, 1)) {
    MESSAGE("SKIPPED: " << candles_path() << " is absent; PLOTMILL_TEST_DATA names its folder");
    return;
  }
  check_errors([](std::size_t n, std::size_t n_points) { return candle_windows(n, n_points).value(); });
}

}  // namespace plotmill
