// What stands between the runs of an image whose rows begin with a filter byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/deflate/bit_writer.hpp"
#include "kernels/deflate/ink_code.hpp"
#include "kernels/deflate/ink_runs.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Ends and begins the rows of one image.
class FilteredRows {
 public:
  FilteredRows(const InkCode& code, const InkImageView& image) : code_(code), image_(image) {}

  /// Writes what stands before the row of this run, whose index counts from the image's first, unless that is begun.
  /// Returns the paper before the run in its row. The runs before have been written.
  std::uint32_t go_to(std::size_t run, BitWriter& bits) {
    const std::size_t begun = n_begun_;
    while (n_begun_ == 0 || begin_of(n_begun_) <= run) next_row(bits);
    return image_.runs[run].x - (n_begun_ == begun ? end_of(run - 1) : 0);
  }

  /// Writes the rest of the image.
  void finish(BitWriter& bits) {
    while (n_begun_ < image_.shape.height) next_row(bits);
    end_row(bits);
    write_blank_rows(bits);
  }

 private:
  [[nodiscard]] std::size_t begin_of(std::size_t row) const { return image_.row_begin[row] - image_.row_begin[0]; }
  [[nodiscard]] std::uint32_t end_of(std::size_t run) const {
    return std::uint32_t{image_.runs[run].x} + image_.runs[run].n;
  }
  [[nodiscard]] bool is_blank(std::size_t row) const { return begin_of(row) == begin_of(row + 1); }

  void next_row(BitWriter& bits) {
    const std::size_t row = n_begun_;
    end_row(bits);
    ++n_begun_;
    if (row > 0 && is_blank(row) && is_blank(row - 1) && code_.can_repeat_rows()) {
      ++n_repeated_;
      return;
    }
    write_blank_rows(bits);
    bits.write(code_.filter_byte());
  }

  void end_row(BitWriter& bits) {
    if (n_begun_ == 0 || n_repeated_ > 0) return;
    const std::size_t end = begin_of(n_begun_);
    const std::uint32_t column = is_blank(n_begun_ - 1) ? 0 : end_of(end - 1);
    if (column != image_.shape.width) write_gap<1>(code_, image_.shape.width - column, bits);
  }

  void write_blank_rows(BitWriter& bits) {
    std::uint64_t n_bytes = n_repeated_ * code_.layout().row_bytes();
    if (n_bytes == 0) return;
    n_repeated_ = 0;
    while (n_bytes >= 3) {
      const std::uint64_t n_match = std::min(n_bytes, InkCode::longest_match);
      bits.write(code_.row_match(n_match));
      n_bytes -= n_match;
    }
    // The last bytes of a row of at least two pixels.
    bits.write(code_.paper_repeat(n_bytes));
  }

  const InkCode& code_;
  const InkImageView& image_;
  std::size_t n_begun_ = 0;       ///< Rows whose beginning is written or that repeat the blank row above.
  std::uint64_t n_repeated_ = 0;  ///< The last of them, which repeat a blank row and are not written yet.
};

}  // namespace plotmill::kernels
