// The product's walk over a chart: the stroke's edges by segment, coverage by column, and a counting sort from columns
// to rows. Cost follows the points and the ink, not the frame. The loops themselves are in simd.hpp.
#include <algorithm>
#include <limits>

#include "kernels/lines/draw_lines.hpp"

namespace plotmill::kernels {
namespace {

/// Room for n elements and for vectors beyond; what it holds is lost. Never shrinks: setting elements costs time.
template <class T>
void make_room(std::vector<T>& vector, std::size_t n) {
  if (vector.size() < n + vector_slack) vector.resize(n + vector_slack);
}

}  // namespace

LineDrawer::LineDrawer(const LineOptions& options, std::size_t n_points)
    : options_(options), x_(line_x(options, n_points)), radius_(stroke_radius(options)) {
  make_room(first_row_, options.width);
  make_room(last_row_, options.width);
  make_room(row_end_, options.height);
}

std::uint64_t LineDrawer::max_bytes(const LineOptions& options, std::size_t n_points) {
  const std::uint64_t n_pixels = std::uint64_t{options.width} * options.height;
  // A piece reaches over the discs of its end points, an end abscissa on either side, and from there to whole columns.
  const std::uint64_t n_pieces = (n_points + 1) / 2;
  const auto disc = static_cast<std::uint64_t>(2 * slices_per_pixel * stroke_radius(options)) + 4;
  const std::uint64_t reach = disc + 2 * slices_per_pixel + 1;
  const std::uint64_t n_abscissae =
      slices_per_pixel * (std::uint64_t{options.width} + 1) +
      n_pieces * std::min<std::uint64_t>(reach, slices_per_pixel * (options.width + 2ULL));
  const std::uint64_t exact = n_points * 3 * sizeof(float) + n_pieces * (sizeof(PieceIntervals) + sizeof(std::size_t)) +
                              n_abscissae * 3 * sizeof(float) + options.width * 2 * sizeof(std::int32_t) +
                              options.height * 4 * sizeof(std::uint32_t) +
                              n_pixels * (2 * sizeof(Cell) + sizeof(Run) / 2 + sizeof(std::uint8_t)) +
                              n_pixels * sizeof(RunCount) / RunCount::n_cells + 12 * vector_slack * sizeof(Cell);
  return 2 * exact;  // A growing vector may hold twice what it needs.
}

void LineDrawer::draw(std::span<const double> series, Ink& ink) {
  line_points(options_, x_, series, points_);
  find_pieces();
  const LineEdges edges{top_.data(), bottom_.data(), inverse_top_.data(), inverse_bottom_.data()};
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const std::size_t begin = points_.piece_begin[i];
    find_edges({points_.x.data() + begin, points_.y.data() + begin, points_.piece_begin[i + 1] - begin}, radius_,
               pieces_[i], edges);
  }
  const int width = static_cast<int>(options_.width);
  const int height = static_cast<int>(options_.height);
  find_columns(pieces_, edges, width, height, first_row_.data(), last_row_.data());
  place_rows();
  cover_columns(pieces_, edges, width, height, options_.antialias, first_row_.data(), last_row_.data(), row_end_.data(),
                cells_.data());
  if (!options_.antialias) set_points_without_antialias();
  append_rows(ink);
}

void LineDrawer::find_pieces() {
  pieces_.clear();
  std::size_t n_abscissae = 0;
  std::size_t n_columns = 0;
  for (std::size_t i = 0; i < points_.n_pieces(); ++i) {
    const float first_x = points_.x[points_.piece_begin[i]];
    const float last_x = points_.x[points_.piece_begin[i + 1] - 1];
    const ColumnRange columns = columns_reached(first_x, last_x, radius_, static_cast<int>(options_.width));
    const auto n = static_cast<std::size_t>(columns.n);
    pieces_.push_back({columns.first, columns.n, n_abscissae, n_columns});
    n_abscissae += slices_per_pixel * n + 1;
    n_columns += n;
  }
  for (std::vector<float>* const edge : {&top_, &bottom_}) make_room(*edge, n_abscissae);
  for (std::vector<float>* const inverse : {&inverse_top_, &inverse_bottom_}) make_room(*inverse, n_columns);
}

void LineDrawer::place_rows() {
  // row_end_[r] counts first how many columns begin to have ink in row r less those that ended above.
  std::fill(row_end_.begin(), row_end_.end(), 0);
  for (std::size_t column = 0; column < options_.width; ++column) {
    if (first_row_[column] > last_row_[column]) continue;
    ++row_end_[static_cast<std::size_t>(first_row_[column])];
    --row_end_[static_cast<std::size_t>(last_row_[column]) + 1];
  }
  std::uint64_t n_cells = cells_begin;
  std::int32_t n_columns = 0;
  for (std::size_t row = 0; row < options_.height; ++row) {
    n_columns += row_end_[row];
    row_end_[row] = static_cast<std::int32_t>(n_cells + 1);  // Behind a cell that is 0.
    n_cells += static_cast<std::uint64_t>(n_columns) + 1;
  }
  if (n_cells + vector_slack > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorKind::input, "the drawing has more than 2^31 ink pixels");
  }
  make_room(cells_, n_cells);
  make_room(coverage_, n_cells);
  make_room(starts_, n_cells);
  make_room(run_counts_, n_cells / RunCount::n_cells);
  for (std::size_t row = 0; row < options_.height; ++row) cells_[static_cast<std::size_t>(row_end_[row] - 1)] = 0;
  std::fill_n(cells_.begin() + static_cast<std::ptrdiff_t>(n_cells), RunCount::n_cells + 1, 0);
}

void LineDrawer::set_points_without_antialias() {
  for (std::size_t k = 0; k < points_.x.size(); ++k) {
    const auto row = static_cast<std::size_t>(pixel_of(points_.y[k]));
    const auto column = static_cast<Cell>(pixel_of(points_.x[k]));
    const auto from = cells_.begin() + (row == 0 ? cells_begin : row_end_[row - 1]) + 1;
    *std::lower_bound(from, cells_.begin() + row_end_[row], column << 8) = column << 8 | 255;
  }
}

void LineDrawer::append_rows(Ink& ink) {
  const std::size_t height = options_.height;
  const auto n_cells = static_cast<std::size_t>(row_end_[height - 1]);
  const std::size_t n_ink = cells_to_runs(cells_.data(), n_cells, coverage_.data(), starts_.data(), run_counts_.data());
  const std::uint32_t before = ink.row_begin.back();
  ink.row_begin.resize(ink.row_begin.size() + height);
  count_row_runs(run_counts_.data(), row_end_.data(), height, ink.row_begin.data() + ink.row_begin.size() - height - 1);
  const std::size_t n_runs = ink.row_begin.back() - before;
  starts_[n_runs] = static_cast<std::int32_t>(static_cast<std::uint32_t>(n_ink) << 16U);
  make_room(runs_, n_runs);
  finish_runs(starts_.data(), n_runs, runs_.data());
  ink.runs.insert(ink.runs.end(), runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(n_runs));
  ink.coverage.insert(ink.coverage.end(), coverage_.begin(), coverage_.begin() + static_cast<std::ptrdiff_t>(n_ink));
  ink.coverage_begin.push_back(ink.coverage.size());
}

}  // namespace plotmill::kernels
