// The product's walk over a chart: intervals by segment, coverage by column, then columns to rows. Cost follows the
// points and the ink, not the frame.
#include <limits>

#include "kernels/draw_lines.hpp"

namespace plotmill::kernels {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// The column of the slice between abscissae a and a + 1. a >= -2.
int column_of_slice(int a) { return (a + 2) / slices_per_pixel; }

}  // namespace

LineDrawer::LineDrawer(const LineOptions& options, std::size_t n_points)
    : options_(options), x_(line_x(options, n_points)), radius_(stroke_radius(options)) {
  row_position_.resize(options.height + std::size_t{1});
}

std::uint64_t LineDrawer::max_bytes(const LineOptions& options, std::size_t n_points) {
  const std::uint64_t n_pixels = std::uint64_t{options.width} * options.height;
  // Each piece has an end abscissa on either side and the discs of its end points beyond its own extent.
  const std::uint64_t n_pieces = (n_points + 1) / 2;
  const auto disc = static_cast<std::uint64_t>(2 * slices_per_pixel * stroke_radius(options)) + 4;
  const std::uint64_t n_abscissae = slices_per_pixel * (std::uint64_t{options.width} + 1) +
                                    n_pieces * std::min<std::uint64_t>(disc, slices_per_pixel * (options.width + 2ULL));
  const std::uint64_t exact = n_points * 3 * sizeof(float) + n_pieces * (sizeof(PieceIntervals) + sizeof(std::size_t)) +
                              n_abscissae * 2 * sizeof(float) + options.width * sizeof(ColumnInk) + n_pixels * 3 +
                              options.height * sizeof(std::uint32_t);
  return 2 * exact;  // A growing vector may hold twice what it needs.
}

void LineDrawer::draw(std::span<const float> series, Ink& ink) {
  line_points(options_, x_, series, points_);
  pieces_.clear();
  top_.clear();
  bottom_.clear();
  for (std::size_t piece = 0; piece < points_.n_pieces(); ++piece) find_intervals(piece);
  columns_.clear();
  column_coverage_.clear();
  cover_columns();
  to_rows(ink);
}

void LineDrawer::find_intervals(std::size_t piece) {
  const std::size_t begin = points_.piece_begin[piece];
  const std::size_t end = points_.piece_begin[piece + 1];
  const float* x = points_.x.data();
  const float* y = points_.y.data();
  const float r = radius_;
  const int least = -slices_per_pixel / 2;
  const int greatest = static_cast<int>(options_.width) * slices_per_pixel + least;

  const int before = first_abscissa(x[begin] - r) - 1;
  const int after = last_abscissa(x[end - 1] + r) + 1;
  PieceIntervals intervals{};
  intervals.first = std::max(before, least);
  intervals.last = std::min(after, greatest);
  intervals.first_column = column_of_slice(intervals.first);
  intervals.last_column = column_of_slice(intervals.last - 1);
  intervals.begin = top_.size();
  pieces_.push_back(intervals);
  const auto n = static_cast<std::size_t>(intervals.last - intervals.first + 1);
  top_.resize(top_.size() + n, infinity);
  bottom_.resize(bottom_.size() + n, -infinity);
  float* const top = top_.data() + intervals.begin - intervals.first;
  float* const bottom = bottom_.data() + intervals.begin - intervals.first;
  if (intervals.first == before) top[before] = bottom[before] = y[begin];
  if (intervals.last == after) top[after] = bottom[after] = y[end - 1];

  for (std::size_t k = begin; k < end; ++k) {
    const int to = std::min(last_abscissa(x[k] + r), greatest);
    for (int a = std::max(first_abscissa(x[k] - r), least); a <= to; ++a) {
      const float half = disc_half_height(r, abscissa_x(a) - x[k]);
      top[a] = std::min(top[a], y[k] - half);
      bottom[a] = std::max(bottom[a], y[k] + half);
    }
    if (k + 1 == end || !(x[k] < x[k + 1])) continue;
    const SegmentEdges edges(x[k], y[k], x[k + 1], y[k + 1], r);
    const int top_to = std::min(last_abscissa(edges.to(edges.shift)), greatest);
    for (int a = std::max(first_abscissa(edges.from(edges.shift)), least); a <= top_to; ++a) {
      top[a] = std::min(top[a], edges.top(abscissa_x(a)));
    }
    const int bottom_to = std::min(last_abscissa(edges.to(-edges.shift)), greatest);
    for (int a = std::max(first_abscissa(edges.from(-edges.shift)), least); a <= bottom_to; ++a) {
      bottom[a] = std::max(bottom[a], edges.bottom(abscissa_x(a)));
    }
  }
}

void LineDrawer::cover_columns() {
  // Pieces follow each other in x, and so do their first and their last columns.
  std::size_t active_begin = 0;
  std::size_t active_end = 0;
  next_point_ = 0;
  for (int column = 0; column < static_cast<int>(options_.width); ++column) {
    while (active_end < pieces_.size() && pieces_[active_end].first_column <= column) ++active_end;
    while (active_begin < active_end && pieces_[active_begin].last_column < column) ++active_begin;
    if (active_begin < active_end) {
      cover_column(column, std::span(pieces_).subspan(active_begin, active_end - active_begin));
    }
  }
}

void LineDrawer::cover_column(int column, std::span<const PieceIntervals> pieces) {
  const int slices_from = slices_per_pixel * column - slices_per_pixel / 2;
  float top = infinity;
  float bottom = -infinity;
  for (const PieceIntervals& piece : pieces) {
    const int to = std::min(slices_from + slices_per_pixel, piece.last);
    for (int a = std::max(slices_from, piece.first); a <= to; ++a) {
      const std::size_t i = piece.begin + static_cast<std::size_t>(a - piece.first);
      top = std::min(top, top_[i]);
      bottom = std::max(bottom, bottom_[i]);
    }
  }
  const int first_row = std::max(pixel_of(top), 0);
  const int last_row = std::min(pixel_of(bottom), static_cast<int>(options_.height) - 1);
  if (first_row > last_row) return;
  const ColumnInk ink{static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(first_row),
                      static_cast<std::uint32_t>(last_row - first_row + 1), column_coverage_.size()};
  column_coverage_.resize(ink.begin + ink.n, 0);
  for (const PieceIntervals& piece : pieces) add_piece(column, piece, ink);
  columns_.push_back(ink);
  if (options_.antialias) return;

  std::uint8_t* coverage = column_coverage_.data() + ink.begin;
  for (std::uint32_t i = 0; i < ink.n; ++i) coverage[i] = coverage[i] >= 128 ? 255 : 0;
  for (; next_point_ < points_.x.size() && pixel_of(points_.x[next_point_]) <= column; ++next_point_) {
    coverage[pixel_of(points_.y[next_point_]) - first_row] = 255;
  }
}

void LineDrawer::add_piece(int column, const PieceIntervals& piece, const ColumnInk& ink) {
  constexpr Interval none{0, 0};
  Interval intervals[slices_per_pixel][2];
  for (int slice = 0; slice < slices_per_pixel; ++slice) {
    const int a = slices_per_pixel * column - slices_per_pixel / 2 + slice;
    const bool inside = a >= piece.first && a < piece.last;
    const std::size_t i = piece.begin + static_cast<std::size_t>(a - piece.first);
    intervals[slice][0] = inside ? Interval{top_[i], bottom_[i]} : none;
    intervals[slice][1] = inside ? Interval{top_[i + 1], bottom_[i + 1]} : none;
  }
  std::uint8_t* const coverage = column_coverage_.data() + ink.begin;
  for (std::uint32_t i = 0; i < ink.n; ++i) {
    const float row_top = static_cast<float>(ink.first_row + i) - 0.5F;
    const auto share = [&](int slice) { return slice_coverage(intervals[slice][0], intervals[slice][1], row_top); };
    const std::uint8_t covered = coverage_of_slices(share(0), share(1), share(2), share(3));
    coverage[i] = static_cast<std::uint8_t>(std::min(coverage[i] + covered, 255));
  }
}

void LineDrawer::to_rows(Ink& ink) {
  const std::size_t height = options_.height;
  // A counting sort by row. Columns come from the left, so the pixels of a row stay in order.
  std::fill(row_position_.begin(), row_position_.end(), 0);
  for (const ColumnInk& column : columns_) {
    for (std::uint32_t i = 0; i < column.n; ++i) {
      row_position_[column.first_row + i + 1] += column_coverage_[column.begin + i] != 0 ? 1U : 0U;
    }
  }
  for (std::size_t row = 0; row < height; ++row) row_position_[row + 1] += row_position_[row];
  const std::size_t n_ink = row_position_[height];
  const std::size_t coverage_begin = ink.coverage.size();
  ink.coverage.resize(coverage_begin + n_ink);
  row_x_.resize(n_ink);
  for (const ColumnInk& column : columns_) {
    for (std::uint32_t i = 0; i < column.n; ++i) {
      const std::uint8_t covered = column_coverage_[column.begin + i];
      if (covered == 0) continue;
      const std::uint32_t position = row_position_[column.first_row + i]++;
      row_x_[position] = static_cast<std::uint16_t>(column.column);
      ink.coverage[coverage_begin + position] = covered;
    }
  }
  // Each row's position has moved to the row's end.
  std::size_t i = 0;
  for (std::size_t row = 0; row < height; ++row) {
    while (i < row_position_[row]) {
      Run run{row_x_[i++], 1};
      while (i < row_position_[row] && row_x_[i] == run.x + run.n) {
        ++run.n;
        ++i;
      }
      ink.runs.push_back(run);
    }
    ink.row_begin.push_back(static_cast<std::uint32_t>(ink.runs.size()));
  }
  ink.coverage_begin.push_back(ink.coverage.size());
}

}  // namespace plotmill::kernels
