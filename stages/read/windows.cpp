// Windows of a table of numbers.
#include "stages/read/windows.hpp"

#include <algorithm>
#include <utility>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

// Read ahead: 1 MiB of doubles, enough for a disk and for a chunk of a compressed dataset. Of little memory no more
// than a sixteenth.
constexpr std::uint64_t most_read_ahead_points = std::uint64_t{1} << 17U;
constexpr std::uint64_t read_ahead_share = 16;
/// Reading so many points more takes no longer than going to another place of the file.
constexpr std::uint64_t most_passed_points = std::uint64_t{1} << 14U;

std::string points_text(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " point" : " points"); }

}  // namespace

void WindowOptions::declare(Options& options, double least_window, std::string window_doc) {
  options.add({.name = "window",
               .target = &window,
               .min = least_window,
               .max = static_cast<double>(most_window_points),
               .unit = "points",
               .doc = std::move(window_doc)});
  options.add({.name = "stride",
               .target = &stride,
               .min = 1,
               .max = 1e15,
               .unit = "points",
               .doc = "How far a window begins after the one before."});
  options.add({.name = "limit",
               .target = &limit,
               .min = 0,
               .max = 1e15,
               .unit = "series",
               .doc = "Read at most so many series; 0 reads all."});
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

ArrayWindows::ArrayWindows(const std::string& place, std::span<const std::uint64_t> shape, ValueType value_type,
                           const WindowOptions& options, std::uint64_t memory_bytes, ReadBlock read_block)
    : read_block_(std::move(read_block)), value_type_(value_type), stride_(static_cast<std::uint64_t>(options.stride)) {
  const auto fail = [&](const std::string& text) { throw Error(ErrorKind::input, place, text); };
  if (shape.empty() || shape.size() > 2) {
    fail("the shape is " + shape_text(shape) + "; 1 dimension (one long series) or 2 (a series a row) are accepted");
  }
  n_points_ = 1;
  for (const std::uint64_t n : shape) {
    if (n == 0) fail("has no series: the shape is " + shape_text(shape));
    if (__builtin_mul_overflow(n_points_, n, &n_points_)) fail("the shape " + shape_text(shape) + " is too large");
  }
  row_length_ = shape.back();
  if (options.window == 0 && shape.size() == 1) {
    fail("is one long series of " + points_text(row_length_) + "; give `window`, the points of each series");
  }
  const std::uint64_t window = options.window == 0 ? row_length_ : static_cast<std::uint64_t>(options.window);
  if (window > row_length_) {
    fail("a window of " + points_text(window) + " does not fit: " + (shape.size() == 1 ? "there are " : "a row has ") +
         points_text(row_length_));
  }
  if (window > static_cast<std::uint64_t>(most_window_points)) {
    fail("a row has " + points_text(row_length_) + "; give a `window` of at most " +
         std::to_string(most_window_points));
  }
  if (memory_bytes > 0 && window > memory_bytes / sizeof(double)) {
    fail("a window of " + points_text(window) + " takes " + std::to_string(window * sizeof(double)) +
         " bytes, more than run.memory (" + std::to_string(memory_bytes) +
         " bytes); give a smaller `window` or more run.memory");
  }
  window_ = static_cast<std::size_t>(window);
  read_ahead_points_ = most_read_ahead_points;
  if (memory_bytes > 0) {
    read_ahead_points_ = std::min(read_ahead_points_, memory_bytes / read_ahead_share / sizeof(double));
  }
  most_block_points_ = window + std::min(n_points_ - window, read_ahead_points_);
  windows_per_row_ = (row_length_ - window) / stride_ + 1;
  n_series_ = n_points_ / row_length_ * windows_per_row_;
  if (options.limit > 0) n_series_ = std::min(n_series_, static_cast<std::uint64_t>(options.limit));
}

bool ArrayWindows::read(Sequences& out, std::size_t at_most) {
  if (next_ == 0) out.new_groups.emplace_back();
  for (; out.size() < at_most && next_ < n_series_; ++next_) {
    const std::uint64_t row = next_ / windows_per_row_;
    const std::uint64_t first = row * row_length_ + next_ % windows_per_row_ * stride_;
    const std::span<const double> points = points_from(first);
    std::ranges::copy(points, out.append({0, window_ == row_length_ ? row : first}).begin());
  }
  return next_ < n_series_;
}

// Points first .. first + window_, from the block or from a new one that begins there. Windows only move forward.
std::span<const double> ArrayWindows::points_from(std::uint64_t first) {
  const std::uint64_t block_end = block_first_ + block_.size();
  if (block_.empty() || first + window_ > block_end) {
    std::uint64_t end = first + window_;
    // Where windows lie far apart, what is between them is not read.
    if ((windows_per_row_ > 1 ? stride_ : row_length_) <= std::min(window_ + most_passed_points, read_ahead_points_)) {
      end += std::min(n_points_ - end, read_ahead_points_);
    }
    // Whole rows, if there is one: chunks of a dataset hold whole rows as a rule.
    if (const std::uint64_t row_end = end / row_length_ * row_length_; row_end >= first + window_) end = row_end;

    // At once, so that it does not come to hold more by growing.
    if (block_.empty()) block_.reserve(static_cast<std::size_t>(most_block_points_));
    std::size_t n_kept = 0;
    if (first < block_end) {
      n_kept = static_cast<std::size_t>(block_end - first);
      std::copy(block_.end() - static_cast<std::ptrdiff_t>(n_kept), block_.end(), block_.begin());
    }
    block_.resize(static_cast<std::size_t>(end - first));
    read_block_(first + n_kept, std::span(block_).subspan(n_kept));
    block_first_ = first;
  }
  return std::span<const double>(block_).subspan(static_cast<std::size_t>(first - block_first_), window_);
}

}  // namespace plotmill
