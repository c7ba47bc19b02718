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

void EdgeRoom::make(std::size_t n_abscissae, std::size_t n_parts) {
  for (std::vector<float>* const edge : {&top, &bottom}) make_room(*edge, n_abscissae);
  for (std::vector<float>* const inverse : {&inverse_top, &inverse_bottom}) make_room(*inverse, n_parts);
}

LineDrawer::LineDrawer(const LineOptions& options, std::size_t n_points)
    : options_(options), x_(line_x(options, n_points)), grid_(stroke_grid(options, n_points)) {
  shared_.make(static_cast<std::size_t>(grid_.slices()) + 1, static_cast<std::size_t>(grid_.parts));
  make_room(sums_, options.height);
  make_room(first_row_, options.width);
  make_room(last_row_, options.width);
  make_room(row_end_, options.height);
}

std::uint64_t LineDrawer::max_bytes(const LineOptions& options, std::size_t n_points) {
  const std::uint64_t n_pixels = std::uint64_t{options.width} * options.height;
  // A piece reaches over the discs of its end points, an end abscissa on either side, and from there to whole columns.
  const std::uint64_t n_pieces = (n_points + 1) / 2;
  const StrokeGrid grid = stroke_grid(options, n_points);
  const std::uint64_t n_columns = options.width + 1ULL;  // And the one that several pieces reach.
  const std::uint64_t n_abscissae = static_cast<std::uint64_t>(grid.slices()) * n_columns + n_pieces;
  const std::uint64_t n_parts = static_cast<std::uint64_t>(grid.parts) * n_columns;
  const std::uint64_t exact = n_points * 3 * sizeof(float) + n_pieces * (sizeof(PieceIntervals) + sizeof(std::size_t)) +
                              (n_abscissae + n_parts) * 2 * sizeof(float) + options.width * 2 * sizeof(std::int32_t) +
                              options.height * 5 * sizeof(std::uint32_t) +
                              n_pixels * (2 * sizeof(Cell) + sizeof(Run) / 2 + sizeof(std::uint8_t)) +
                              n_pixels * sizeof(RunCount) / RunCount::n_cells + 17 * vector_slack * sizeof(Cell);
  return 2 * exact;  // A growing vector may hold twice what it needs.
}

void LineDrawer::draw(std::span<const double> series, Ink& ink) {
  line_points(options_, x_, series, points_);
  find_pieces();
  const int height = static_cast<int>(options_.height);
  const ColumnRows rows{first_row_.data(), last_row_.data()};
  std::fill_n(first_row_.begin(), options_.width, height);
  std::fill_n(last_row_.begin(), options_.width, -1);
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    find_edges(points_of(i), grid_, pieces_[i], edges_.edges(), rows, height);
  }
  place_rows();
  cover({height, options_.antialias, rows, row_end_.data(), cells_.data()});
  if (!options_.antialias) set_points_without_antialias();
  append_rows(ink);
}

/// Columns that several pieces reach hold the edges of the last of these; nobody looks at them. Where a piece ends and
/// the next one begins between two columns, either has an abscissa there: hence one more for each piece.
void LineDrawer::find_pieces() {
  const auto slices = static_cast<std::size_t>(grid_.slices());
  const auto parts = static_cast<std::size_t>(grid_.parts);
  pieces_.clear();
  for (std::size_t i = 0; i < points_.n_pieces(); ++i) {
    const float first_x = points_.x[points_.piece_begin[i]];
    const float last_x = points_.x[points_.piece_begin[i + 1] - 1];
    const ColumnRange columns = columns_reached(first_x, last_x, grid_, static_cast<int>(options_.width));
    const auto first = static_cast<std::size_t>(columns.first);
    pieces_.push_back({columns.first, columns.n, slices * first + i, parts * first});
  }
  edges_.make(slices * options_.width + pieces_.size(), parts * options_.width);
}

PiecePoints LineDrawer::points_of(std::size_t piece) const {
  const std::size_t begin = points_.piece_begin[piece];
  return {points_.x.data() + begin, points_.y.data() + begin, points_.piece_begin[piece + 1] - begin};
}

/// Those that say what a piece's edges are in column x: the points in reach, and the next one on either side.
PiecePoints LineDrawer::points_near(std::size_t piece, int x) const {
  const PiecePoints all = points_of(piece);
  const float reach = grid_.radius * (1 + 0x1p-20F);
  const float left = static_cast<float>(x) - 0.5F;
  const float right = static_cast<float>(x) + 0.5F;
  const float* const end = all.x + all.n;
  const float* from = std::partition_point(all.x, end, [&](float point) { return point + reach < left; });
  const float* to = std::partition_point(from, end, [&](float point) { return point - reach <= right; });
  if (from > all.x) --from;
  if (to < end) ++to;
  return {from, all.y + (from - all.x), static_cast<std::size_t>(to - from)};
}

void LineDrawer::cover(const CellRows& out) {
  // Pieces follow each other in x, and so do their first and their last columns.
  std::size_t begin = 0;
  std::size_t end = 0;
  for (int x = 0; x < static_cast<int>(options_.width);) {
    while (end < pieces_.size() && pieces_[end].first_column <= x) ++end;
    while (begin < end && pieces_[begin].end_column() <= x) ++begin;
    if (end - begin > 1) {
      cover_shared(x++, begin, end, out);
      continue;
    }
    const int next = end < pieces_.size() ? pieces_[end].first_column : static_cast<int>(options_.width);
    const int to = begin < end ? std::min(next, pieces_[begin].end_column()) : next;
    if (begin < end) cover_columns(pieces_[begin], x, to, grid_, edges_.edges(), out);
    x = to;
  }
}

/// Covers a column that the pieces [begin, end) reach.
void LineDrawer::cover_shared(int x, std::size_t begin, std::size_t end, const CellRows& out) {
  const std::int32_t first = out.rows.first[x];
  if (first > out.rows.last[x]) return;
  std::fill_n(sums_.begin() + first, out.rows.last[x] - first + 1, 0);
  for (std::size_t i = begin; i < end; ++i) {
    const PieceIntervals column{x, 1, 0, 0};
    find_edges(points_near(i, x), grid_, column, shared_.edges(), out.rows, out.height);
    add_column(column, x, grid_, shared_.edges(), out, sums_.data());
  }
  put_column(x, sums_.data(), out);
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
