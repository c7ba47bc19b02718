// Follows the head comment of kernels/lines/math.hpp sentence by sentence; shares with the product the arithmetic
// of single values, and none of its walk over the data.
#include "support/draw_lines_reference.hpp"

#include <cmath>
#include <limits>

#include "kernels/lines/math.hpp"

namespace plotmill::test {
namespace {

using kernels::Interval;
using kernels::SegmentEdges;
using kernels::StrokeGrid;

struct Point {
  float x, y;
};
using Piece = std::vector<Point>;

std::vector<Piece> find_pieces(std::span<const double> series, const LineOptions& options) {
  double lo = std::numeric_limits<double>::infinity();
  double hi = -lo;
  for (const double value : series) {
    if (!std::isfinite(value)) continue;
    lo = std::min(lo, value);
    hi = std::max(hi, value);
  }
  const bool flat = lo == hi && options.normalize == Normalize::minmax;
  if (options.normalize == Normalize::none) lo = 0, hi = 1;
  if (options.normalize == Normalize::range) lo = options.range_lo, hi = options.range_hi;
  const double bottom = options.height - 1 - options.margin_px;
  const double height = options.height - 1 - 2 * options.margin_px;
  const double width = options.width - 1 - 2 * options.margin_px;

  std::vector<Piece> pieces(1);
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (std::isfinite(series[k])) {
      const float flat_y = static_cast<float>(options.flat == Flat::middle ? bottom - height / 2 : bottom);
      const float y = flat ? flat_y : kernels::ValueScale::between(lo, hi, bottom, height).y(series[k]);
      pieces.back().push_back({kernels::point_x(k, series.size(), options.margin_px, width), y});
    } else if (options.gaps == Gaps::split) {
      pieces.emplace_back();
    }
  }
  if (options.gaps == Gaps::interpolate && !pieces.back().empty()) {
    Piece& piece = pieces.back();
    const float first_x = kernels::point_x(0, series.size(), options.margin_px, width);
    const float last_x = kernels::point_x(series.size() - 1, series.size(), options.margin_px, width);
    if (!std::isfinite(series.front())) piece.insert(piece.begin(), {first_x, piece.front().y});
    if (!std::isfinite(series.back())) piece.push_back({last_x, piece.back().y});
  }
  std::erase_if(pieces, [](const Piece& piece) { return piece.empty(); });
  return pieces;
}

/// The stroke's interval at abscissa a; top > bottom where the stroke is not.
Interval interval_at(const Piece& piece, int a, const StrokeGrid& grid) {
  const float r = grid.radius;
  Interval interval{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  const float x = grid.abscissa_x(a);
  const auto include = [&](float top, float bottom) {
    interval.top = std::min(interval.top, top);
    interval.bottom = std::max(interval.bottom, bottom);
  };
  for (const Point& point : piece) {
    if (x < point.x - r || x > point.x + r) continue;
    const float half = kernels::disc_half_height(r, x - point.x);
    include(point.y - half, point.y + half);
  }
  for (std::size_t k = 0; k + 1 < piece.size(); ++k) {
    if (!(piece[k].x < piece[k + 1].x)) continue;  // Both ends are at one x; the discs say it all.
    const SegmentEdges edges(piece[k].x, piece[k].y, piece[k + 1].x, piece[k + 1].y, r);
    if (x >= edges.from(edges.shift) && x <= edges.to(edges.shift)) interval.top = std::min(interval.top, edges.top(x));
    if (x >= edges.from(-edges.shift) && x <= edges.to(-edges.shift)) {
      interval.bottom = std::max(interval.bottom, edges.bottom(x));
    }
  }
  return interval;
}

/// The intervals of a piece at all abscissae of the image.
std::vector<Interval> intervals_of(const Piece& piece, int width, const StrokeGrid& grid) {
  const int before = grid.first_abscissa(piece.front().x - grid.radius) - 1;
  const int after = grid.last_abscissa(piece.back().x + grid.radius) + 1;
  std::vector<Interval> intervals;
  for (int a = grid.abscissa_of(0); a <= grid.abscissa_of(width); ++a) {
    if (a == before) {
      intervals.push_back({piece.front().y, piece.front().y});
    } else if (a == after) {
      intervals.push_back({piece.back().y, piece.back().y});
    } else {
      intervals.push_back(interval_at(piece, a, grid));
    }
  }
  return intervals;
}

/// Twice the mean depth of the stroke of one part below a height.
float part_below(const Interval* abscissae, float y) {
  float tops[5], bottoms[5], slices[4];
  for (int i = 0; i < 5; ++i) tops[i] = abscissae[i].top, bottoms[i] = abscissae[i].bottom;
  if (kernels::is_straight(tops) && kernels::is_straight(bottoms)) {
    const auto edge = [&](const float* e) {
      return kernels::twice_mean_depth(kernels::depth_below(e[0], y), kernels::depth_below(e[4], y),
                                       kernels::inverse_rise(e[0], e[4]));
    };
    return edge(bottoms) - edge(tops);
  }
  for (int slice = 0; slice < 4; ++slice) {
    const Interval& from = abscissae[slice];
    const Interval& to = abscissae[slice + 1];
    const auto edge = [&](float a, float b) {
      return kernels::twice_mean_depth(kernels::depth_below(a, y), kernels::depth_below(b, y),
                                       kernels::inverse_rise(a, b));
    };
    const bool covered = from.top <= from.bottom && to.top <= to.bottom;
    slices[slice] = covered ? edge(from.bottom, to.bottom) - edge(from.top, to.top) : 0;
  }
  return kernels::area_of_slices(slices[0], slices[1], slices[2], slices[3]);
}

/// Twice the area of the stroke of one column below a height.
float area_below(const Interval* abscissae, const StrokeGrid& grid, float y) {
  float sum = 0;
  for (int part = 0; part < grid.parts; ++part) sum += part_below(abscissae + 4 * part, y);
  return sum / static_cast<float>(grid.parts);
}

/// Coverage of pixel (column, row) in 255ths.
int coverage_at(const std::vector<Interval>& intervals, const StrokeGrid& grid, int column, int row) {
  const Interval* const abscissae = intervals.data() + grid.slices() * column;  // From the column's left end on.
  float top = std::numeric_limits<float>::infinity();
  float bottom = -top;
  for (int i = 0; i <= grid.slices(); ++i) {
    top = std::min(top, abscissae[i].top);
    bottom = std::max(bottom, abscissae[i].bottom);
  }
  if (!(top <= bottom) || row < kernels::pixel_of(top) || row > kernels::pixel_of(bottom)) return 0;
  return kernels::coverage_between(area_below(abscissae, grid, kernels::row_top(row)),
                                   area_below(abscissae, grid, kernels::row_top(row + 1)));
}

void append_image(const std::vector<std::uint8_t>& coverage, Ink& ink) {
  const std::size_t width = ink.shape.width;
  for (std::size_t row = 0; row < ink.shape.height; ++row) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::uint8_t covered = coverage[row * width + x];
      if (covered == 0) continue;
      const bool goes_on = x > 0 && coverage[row * width + x - 1] != 0;
      if (!goes_on) ink.runs.push_back({static_cast<std::uint16_t>(x), 0});
      ++ink.runs.back().n;
      ink.coverage.push_back(covered);
    }
    ink.row_begin.push_back(static_cast<std::uint32_t>(ink.runs.size()));
  }
  ink.coverage_begin.push_back(ink.coverage.size());
}

}  // namespace

Ink draw_lines_reference(const SequencesView& series, const LineOptions& options) {
  Ink ink;
  ink.shape = {options.width, options.height, options.paper, options.ink};
  const int width = static_cast<int>(options.width);
  const int height = static_cast<int>(options.height);
  const double line_width = options.antialias ? options.line_width_px : std::max(options.line_width_px, 1.0);
  const float r = static_cast<float>(line_width / 2);
  const StrokeGrid grid{r, kernels::parts_of(series.n_points, options.width - 1 - 2 * options.margin_px, r)};
  for (std::size_t i = 0; i < series.n_series; ++i) {
    std::vector<std::uint8_t> coverage(ink.shape.n_pixels(), 0);
    const std::vector<Piece> pieces = find_pieces(series.series(i), options);
    for (const Piece& piece : pieces) {
      const std::vector<Interval> intervals = intervals_of(piece, width, grid);
      for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
          std::uint8_t& pixel = coverage[static_cast<std::size_t>(row * width + column)];
          pixel = static_cast<std::uint8_t>(std::min(pixel + coverage_at(intervals, grid, column, row), 255));
        }
      }
    }
    if (!options.antialias) {
      for (std::uint8_t& pixel : coverage) pixel = pixel >= 128 ? 255 : 0;
      for (const Piece& piece : pieces) {
        for (const Point& point : piece) {
          coverage[static_cast<std::size_t>(kernels::pixel_of(point.y) * width + kernels::pixel_of(point.x))] = 255;
        }
      }
    }
    append_image(coverage, ink);
  }
  return ink;
}

}  // namespace plotmill::test
