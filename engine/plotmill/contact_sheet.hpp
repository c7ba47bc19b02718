// A contact sheet: many charts, made small, in one grayscale picture with a line or two of text under each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "plotmill/export.hpp"
#include "plotmill/ink.hpp"

namespace plotmill {

/// Where a chart stands on a sheet, in pixels from the upper left corner, without its frame.
struct PLOTMILL_EXPORT SheetPlace {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;

  friend bool operator==(const SheetPlace&, const SheetPlace&) = default;
};

/// What stands under a chart: its number and group, and below these its row. Bytes outside of printable ASCII become
/// '?'; what does not fit ends with "..".
struct PLOTMILL_EXPORT SheetLabel {
  std::uint64_t index = 0;
  std::string_view group = {};
  std::optional<std::uint64_t> first_row = {};
};

/// Numbers of `count` charts (of all, if there are fewer) of n, evenly spaced from the first to the last: chart i is
/// i (n-1)/(count-1), rounded down.
[[nodiscard]] PLOTMILL_EXPORT std::vector<std::uint64_t> spread_indices(std::uint64_t n, std::size_t count);

/// Collects charts, block by block. Every pixel of a small chart is the mean of the pixels that it covers, exactly, so
/// that what is seen is what is stored; a chart of a few pixels is enlarged by a whole number. One thread at a time.
class PLOTMILL_EXPORT ContactSheet {
 public:
  static constexpr std::uint32_t width = 1600;  ///< Pixels of the sheet; the height follows from the charts.

  /// Begins a block of up to n_charts charts of one size, below a title. Throws Error (definition) where the sheet
  /// would be higher than a PNG of ours can be, 65535 pixels.
  void begin_block(std::string_view title, std::uint32_t chart_width, std::uint32_t chart_height, std::size_t n_charts);

  /// Puts the block's next chart on the sheet. Its size is the block's, and the block has a place left.
  SheetPlace add(const InkImageView& image, const SheetLabel& label);
  /// The same with gray pixels, row-major.
  SheetPlace add(std::span<const std::uint8_t> pixels, const SheetLabel& label);
  /// Leaves the next place gray: the chart could not be drawn.
  SheetPlace add_missing(const SheetLabel& label);

  /// The sheet so far as a PNG file. At least one block has been begun.
  [[nodiscard]] std::vector<std::uint8_t> png() const;

 private:
  SheetPlace next_place(const SheetLabel& label);
  void show(const SheetPlace& place, std::span<const std::uint8_t> pixels);

  std::vector<std::uint8_t> pixels_;  ///< [height][width]
  // Of the block.
  std::uint32_t chart_width_ = 0, chart_height_ = 0;
  std::uint32_t cell_width_ = 0, cell_height_ = 0;
  SheetPlace first_;  ///< Of its first chart.
  std::size_t n_columns_ = 1, n_charts_ = 0, n_added_ = 0;
};

}  // namespace plotmill
