// Follows the head comment of kernels/lines/math.hpp sentence by sentence; shares with the product the arithmetic
// of single values, and none of its walk over the data.
#include "support/draw_lines_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/lines/math.hpp"

namespace plotmill::test {
namespace {

using kernels::Interval;
using kernels::PointArcs;
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

/// The stroke's interval at x, of points [from, to] and the segments between them; top > bottom where it is not.
Interval interval_at(const Piece& piece, const std::vector<SegmentEdges>& segments, std::size_t from, std::size_t to,
                     float x, float r) {
  Interval interval{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  for (std::size_t k = from; k <= to; ++k) {
    const bool has_before = k > 0;
    const bool has_after = k + 1 < piece.size();
    const PointArcs arcs(piece[k].x, r, has_before, has_before ? segments[k - 1].shift : 0, has_after,
                         has_after ? segments[k].shift : 0);
    const float half = kernels::disc_half_height(r, x - piece[k].x);
    if (arcs.top_from <= x && x <= arcs.top_to) interval.top = std::min(interval.top, piece[k].y - half);
    if (arcs.bottom_from <= x && x <= arcs.bottom_to) interval.bottom = std::max(interval.bottom, piece[k].y + half);
  }
  for (std::size_t k = from; k < to; ++k) {
    const SegmentEdges& edges = segments[k];
    if (!edges.has_edges()) continue;
    if (x >= edges.from(edges.shift) && x <= edges.to(edges.shift)) interval.top = std::min(interval.top, edges.top(x));
    if (x >= edges.from(-edges.shift) && x <= edges.to(-edges.shift)) {
      interval.bottom = std::max(interval.bottom, edges.bottom(x));
    }
  }
  return interval;
}

/// One edge within a column: what is kept of it.
struct Kept {
  int abscissa;  ///< From the column's left end.
  float y;
};
using Edge = std::vector<Kept>;

/// Whether abscissa i, which l is the greatest power of two to divide, is kept.
bool is_kept(const std::vector<float>& edge, int i, int l) {
  const auto at = [&](int k) { return edge[static_cast<std::size_t>(k)]; };
  if (l == kernels::slices_per_part || kernels::is_bent(at(i - l), at(i), at(i + l))) return true;
  return l > 1 && (is_kept(edge, i - l / 2, l / 2) || is_kept(edge, i + l / 2, l / 2));
}

Edge kept_of(const std::vector<float>& edge, bool may_bend) {
  const int slices = static_cast<int>(edge.size()) - 1;
  Edge kept{{0, edge.front()}};
  for (int i = 1; i < slices && may_bend; ++i) {
    int l = 1;
    while (l < kernels::slices_per_part && i % (2 * l) == 0) l *= 2;
    if (is_kept(edge, i, l)) kept.push_back({i, edge[static_cast<std::size_t>(i)]});
  }
  kept.push_back({slices, edge.back()});
  return kept;
}

/// Adds twice the area between a height y and what of a column's edge lies below it, with a sign, to `area`.
void add_area_of(const Edge& edge, float y, float sign, int slices, float& area) {
  for (std::size_t i = 0; i + 1 < edge.size(); ++i) {
    const float width = static_cast<float>(edge[i + 1].abscissa - edge[i].abscissa) / static_cast<float>(slices);
    area += kernels::twice_depth_area(kernels::depth_below(edge[i].y, y), kernels::depth_below(edge[i + 1].y, y),
                                      kernels::inverse_rise(edge[i].y, edge[i + 1].y), sign * width);
  }
}

/// Adds the coverage of one column of a piece, in 255ths, to pixels that lie `width` apart.
void cover_column(const Piece& piece, const std::vector<SegmentEdges>& segments, const StrokeGrid& grid, int column,
                  int width, int height, std::uint8_t* pixels) {
  const int before = grid.abscissa_before(piece.front().x);
  const int after = grid.abscissa_after(piece.back().x);
  const int first = grid.abscissa_of(column);
  // The points that the column is near to, and the next one on either side: a segment of theirs may cross it.
  std::size_t from = 0;
  while (from + 1 < piece.size() && grid.last_near_column(piece[from + 1].x) < column) ++from;
  std::size_t to = from;
  while (to + 1 < piece.size() && grid.first_near_column(piece[to].x) <= column) ++to;
  std::vector<float> tops, bottoms;
  for (int a = first; a <= first + grid.slices; ++a) {
    Interval interval = interval_at(piece, segments, from, to, grid.abscissa_x(a), grid.radius);
    if (a <= before) interval = {piece.front().y, piece.front().y};
    if (a >= after) interval = {piece.back().y, piece.back().y};
    tops.push_back(interval.top);
    bottoms.push_back(interval.bottom);
  }
  const bool may_bend = std::ranges::any_of(piece, [&](const Point& point) {
    return grid.first_near_column(point.x) <= column && column <= grid.last_near_column(point.x);
  });
  const Edge top = kept_of(tops, may_bend);
  const Edge bottom = kept_of(bottoms, may_bend);
  const int first_row = kernels::pixel_of(std::ranges::min(top, {}, &Kept::y).y);
  const int last_row = kernels::pixel_of(std::ranges::max(bottom, {}, &Kept::y).y);
  const auto area_below = [&](float y) {
    float area = 0;
    add_area_of(bottom, y, 1, grid.slices, area);
    add_area_of(top, y, -1, grid.slices, area);
    return area;
  };
  for (int row = std::max(first_row, 0); row <= std::min(last_row, height - 1); ++row) {
    std::uint8_t& pixel = pixels[row * width];
    const int covered =
        kernels::coverage_between(area_below(kernels::row_top(row)), area_below(kernels::row_top(row + 1)));
    pixel = static_cast<std::uint8_t>(std::min(pixel + covered, 255));
  }
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
  const StrokeGrid grid(static_cast<float>(line_width / 2),
                        kernels::slices_of(series.n_points, options.width - 1 - 2 * options.margin_px));
  for (std::size_t i = 0; i < series.n_series; ++i) {
    std::vector<std::uint8_t> coverage(ink.shape.n_pixels(), 0);
    const std::vector<Piece> pieces = find_pieces(series.series(i), options);
    for (const Piece& piece : pieces) {
      std::vector<SegmentEdges> segments;
      for (std::size_t k = 0; k + 1 < piece.size(); ++k) {
        segments.emplace_back(piece[k].x, piece[k].y, piece[k + 1].x, piece[k + 1].y, grid.radius);
      }
      const kernels::ColumnRange columns = kernels::columns_reached(piece.front().x, piece.back().x, grid, width);
      for (int column = columns.first; column < columns.first + columns.n; ++column) {
        cover_column(piece, segments, grid, column, width, height, coverage.data() + column);
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
