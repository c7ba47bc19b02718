// Ink: the image representation that travels between drawing and encoding. A chart is almost all paper; only the pixels
// that a stroke touches are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// `n` ink pixels of one image row, from column `x` on. n is at least 1 and x + n is at most the image's width.
struct PLOTMILL_EXPORT Run {
  std::uint16_t x, n;

  friend bool operator==(const Run&, const Run&) = default;
};

/// Size and gray values that all images of a batch share.
struct PLOTMILL_EXPORT ImageShape {
  std::uint32_t width = 0;   ///< Pixels, 1..65535.
  std::uint32_t height = 0;  ///< Pixels, 1..65535.
  std::uint8_t paper = 255;  ///< Gray value where there is no ink.
  std::uint8_t ink = 0;      ///< Gray value of a pixel that is fully covered.

  [[nodiscard]] std::size_t n_pixels() const noexcept { return std::size_t{width} * height; }

  /// Gray value of a pixel of the given coverage: paper + (ink - paper) * coverage / 255, rounded half up, in integers.
  [[nodiscard]] std::uint8_t gray(std::uint8_t coverage) const noexcept {
    const int paper_times_255 = 255 * paper;
    const int sum = paper_times_255 + (static_cast<int>(ink) - static_cast<int>(paper)) * coverage;
    return static_cast<std::uint8_t>((2 * sum + 255) / 510);
  }

  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

/// Borrowed ink of one image. Valid as long as the Ink it comes from is not changed.
struct PLOTMILL_EXPORT InkImageView {
  ImageShape shape;
  std::span<const std::uint32_t> row_begin;  ///< [height + 1]: row y holds runs[row_begin[y] - row_begin[0], ...).
  std::span<const Run> runs;  ///< This image's runs: rows from the top, columns from the left, never touching.
  std::span<const std::uint8_t> coverage;  ///< This image's ink pixels in run order, each 1..255: share of the pixel
                                           ///< that the stroke covers, in 255ths.
};

/// Owns the ink of a batch of images of one shape. Cleared and refilled without giving memory back.
struct PLOTMILL_EXPORT Ink {
  ImageShape shape;
  std::vector<std::uint32_t> row_begin{0};     ///< [n_images * height + 1]: index of each image row's first run.
  std::vector<Run> runs;                       ///< [n_runs]
  std::vector<std::uint8_t> coverage;          ///< [n_ink], 1..255
  std::vector<std::size_t> coverage_begin{0};  ///< [n_images + 1]: index of each image's first ink pixel.

  [[nodiscard]] std::size_t n_images() const noexcept { return coverage_begin.size() - 1; }

  /// View of image i, 0 <= i < n_images().
  [[nodiscard]] InkImageView image(std::size_t i) const {
    const std::span<const std::uint32_t> rows(row_begin.data() + i * shape.height, shape.height + std::size_t{1});
    return {shape, rows, std::span(runs).subspan(rows.front(), rows.back() - rows.front()),
            std::span(coverage).subspan(coverage_begin[i], coverage_begin[i + 1] - coverage_begin[i])};
  }

  /// Appends an image that is all paper.
  void append_blank() {
    row_begin.insert(row_begin.end(), shape.height, row_begin.back());
    coverage_begin.push_back(coverage.size());
  }

  /// Empties the batch and keeps its memory.
  void clear() noexcept {
    row_begin.resize(1);
    runs.clear();
    coverage.clear();
    coverage_begin.resize(1);
  }

  /// Bytes that the ink of one image takes at most: every second pixel is a run of its own.
  [[nodiscard]] static std::uint64_t max_bytes_per_image(const ImageShape& shape) noexcept {
    const std::uint64_t runs_per_row = (std::uint64_t{shape.width} + 1) / 2;
    return shape.height * (runs_per_row * sizeof(Run) + shape.width + sizeof(std::uint32_t)) + sizeof(std::size_t);
  }
};

/// Writes the gray pixels of one image, row-major, to `pixels` (shape.n_pixels() bytes). Allocates nothing.
PLOTMILL_EXPORT void fill_pixels(const InkImageView& image, std::span<std::uint8_t> pixels);

}  // namespace plotmill
