// Windows of a table of numbers: the options that all readers share, and cutting windows out of rows of known length.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "plotmill/options.hpp"
#include "plotmill/sequences.hpp"
#include "plotmill/stage.hpp"

namespace plotmill {

constexpr std::int64_t most_window_points = 16777216;

/// What every reader lets the user choose about windows.
struct WindowOptions {
  std::int64_t window = 0;
  std::int64_t stride = 1;
  std::int64_t limit = 0;

  /// Declares the three options; a `least_window` of 0 lets the default, the whole row, be asked for.
  void declare(Options& options, double least_window, std::string window_doc);
};

/// "(3, 100)", "(7,)", as numpy writes shapes.
[[nodiscard]] std::string shape_text(std::span<const std::uint64_t> shape);

/// Windows of an array of shape (n), one long series, or (n, L), one series a row; none straddles two rows. All are of
/// one group, named "". Source::first_row is the number of the row where a window is the whole row, otherwise the
/// number of the window's first point in the array, counted row by row.
class ArrayWindows {
 public:
  /// Reads out.size() numbers from number `first` on, counted row by row. The range lies within the array.
  using ReadBlock = std::function<void(std::uint64_t first, std::span<double> out)>;

  ArrayWindows() = default;

  /// `place` is where errors are: Error (input) for a shape without series, one that has neither 1 nor 2 dimensions,
  /// one that the options do not fit, or one whose windows take more than memory_bytes (0: any memory).
  ArrayWindows(const std::string& place, std::span<const std::uint64_t> shape, ValueType value_type,
               const WindowOptions& options, std::uint64_t memory_bytes, ReadBlock read_block);

  [[nodiscard]] SeriesShape shape() const { return {window_, n_series_, value_type_}; }

  /// Memory that the object holds at most.
  [[nodiscard]] std::uint64_t held_bytes() const { return most_block_points_ * sizeof(double); }

  /// As Reader::read().
  bool read(Sequences& out, std::size_t at_most);

  /// As Reader::skip().
  [[nodiscard]] bool skip(std::uint64_t n) {
    next_ += n;
    return true;
  }

 private:
  std::span<const double> points_from(std::uint64_t first);

  ReadBlock read_block_;
  ValueType value_type_ = ValueType::float64;
  std::uint64_t n_points_ = 0;  // of the whole array
  std::uint64_t row_length_ = 0;
  std::uint64_t stride_ = 1;
  std::uint64_t windows_per_row_ = 0;
  std::size_t window_ = 0;
  std::uint64_t n_series_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t read_ahead_points_ = 0;
  std::uint64_t most_block_points_ = 0;
  std::uint64_t block_first_ = 0;  // number of the first point in block_
  std::vector<double> block_;
};

}  // namespace plotmill
