// What the kernels that draw lines know of a job, and where they keep what they find. All of it is passed by value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/block/device_code.hpp"
#include "kernels/ink/packed_ink.hpp"
#include "kernels/lines/device.hpp"
#include "kernels/lines/math.hpp"
#include "plotmill/draw_lines.hpp"

namespace plotmill::kernels {

/// Bits of a word of a mask: one for each of so many columns.
inline constexpr std::uint32_t columns_per_word = 32;

/// A piece of a series: a row of points without a gap. Slots are the columns of all pieces, one piece after another; a
/// slot has the abscissae from its left end to its right end, which is also the next slot's left end within a piece.
struct DevicePiece {
  std::uint32_t point_begin;  ///< Its points end where those of the next piece begin.
  std::uint32_t slot_begin;   ///< Likewise.
  std::int32_t first_column;  ///< Column of its first slot.
};

/// Rows of an image, first to last.
struct RowRange {
  std::uint16_t first, last;
};

/// Byte offsets of what one image's block keeps while it works. The abscissae of slot s of piece p are
/// [slices s + p] and those that follow.
struct ScratchLayout {
  std::uint32_t x, y;         ///< float [n_points]: the points, in pixels.
  std::uint32_t segments;     ///< SegmentEdges [n_points]: from each point to the next.
  std::uint32_t pieces;       ///< DevicePiece [n_pieces + 1]
  std::uint32_t top, bottom;  ///< float [slices n_slots + n_pieces]: of the stroke at each abscissa.
  std::uint32_t rows;         ///< RowRange [n_slots]: where the slot has ink.
  std::uint32_t straight;     ///< uint16 [n_slots]: a bit for each of its parts: whether both edges are straight.
  std::uint32_t columns;      ///< uint16 [width]: columns with ink, in the order of their items.
  std::uint32_t items;        ///< uint32 [width]: first item of each of these; see device_cover.hpp.
  std::uint32_t n_bytes;      ///< A multiple of 256.
};

struct LineJob {
  LineOptions options;
  std::uint32_t n_points;
  StrokeGrid grid;
  float reach;            ///< At least the radius, and no edge counts farther from its segment, rounding included.
  std::uint32_t n_words;  ///< Of a row of the mask.
  ScratchLayout scratch;

  [[nodiscard]] PLOTMILL_DEVICE std::uint32_t mask_words() const { return n_words * options.height; }
  [[nodiscard]] PLOTMILL_DEVICE std::uint32_t slices() const { return static_cast<std::uint32_t>(grid.slices()); }
};

/// The job of drawing series of n_points with valid options. Throws Error (device) where they are too long.
[[nodiscard]] LineJob line_job(const LineOptions& options, std::size_t n_points);

/// The scratch of one image.
struct LineScratch {
  float *x, *y;
  SegmentEdges* segments;
  DevicePiece* pieces;
  float *top, *bottom;
  RowRange* rows;
  std::uint16_t* straight;
  std::uint16_t* columns;
  std::uint32_t* items;

  PLOTMILL_DEVICE LineScratch(std::byte* base, const ScratchLayout& layout)
      : x(reinterpret_cast<float*>(base + layout.x)),
        y(reinterpret_cast<float*>(base + layout.y)),
        segments(reinterpret_cast<SegmentEdges*>(base + layout.segments)),
        pieces(reinterpret_cast<DevicePiece*>(base + layout.pieces)),
        top(reinterpret_cast<float*>(base + layout.top)),
        bottom(reinterpret_cast<float*>(base + layout.bottom)),
        rows(reinterpret_cast<RowRange*>(base + layout.rows)),
        straight(reinterpret_cast<std::uint16_t*>(base + layout.straight)),
        columns(reinterpret_cast<std::uint16_t*>(base + layout.columns)),
        items(reinterpret_cast<std::uint32_t*>(base + layout.items)) {}
};

/// What is kept of a batch from measuring to writing. A mask has a word for 32 columns of a row; those of one row lie
/// `height` words apart, so that threads with neighbouring rows find them side by side.
struct LineWork {
  InkSize* images;          ///< [n_images]: first each image's ink, then that of all images before it.
  InkSize* rows;            ///< [n_images][height]: the image's ink above the row.
  std::uint32_t* masks;     ///< [n_images][n_words][height]: which pixels are ink.
  std::uint16_t* n_before;  ///< [n_images][n_words][height]: ink pixels of the row to the left of a word.
  std::byte* scratch;       ///< [n_images][scratch.n_bytes], where it is not in shared memory.
};

/// The part of a batch's work that is one image's.
struct ImageWork {
  InkSize* rows;
  std::uint32_t* masks;
  std::uint16_t* n_before;

  PLOTMILL_DEVICE ImageWork(const LineJob& job, const LineWork& work, std::uint32_t image)
      : rows(work.rows + std::uint64_t{image} * job.options.height),
        masks(work.masks + std::uint64_t{image} * job.mask_words()),
        n_before(work.n_before + std::uint64_t{image} * job.mask_words()) {}
};

}  // namespace plotmill::kernels
