// The stroke's edges at each abscissa, and the rows that it reaches in each column of each piece.
#pragma once

#include "kernels/lines/device_points.hpp"

namespace plotmill::kernels {

/// The stroke of the piece with points [begin, end) at abscissa `a`.
[[nodiscard]] PLOTMILL_DEVICE inline Interval interval_at(const LineJob& job, const LineScratch& scratch,
                                                          std::uint32_t begin, std::uint32_t end, int a) {
  const float r = job.grid.radius;
  const float x = job.grid.abscissa_x(a);
  Interval interval{infinity, -infinity};
  if (a < job.grid.first_abscissa(scratch.x[begin] - r)) interval.top = interval.bottom = scratch.y[begin];
  if (a > job.grid.last_abscissa(scratch.x[end - 1] + r)) interval.top = interval.bottom = scratch.y[end - 1];
  const auto include_segment = [&](const SegmentEdges& segment) {
    if (!(segment.x0 < segment.x1)) return;  // Both ends are at one x; the discs say it all.
    if (segment.from(segment.shift) <= x && x <= segment.to(segment.shift)) {
      interval.top = lesser(interval.top, segment.top(x));
    }
    if (segment.from(-segment.shift) <= x && x <= segment.to(-segment.shift)) {
      interval.bottom = greater(interval.bottom, segment.bottom(x));
    }
  };
  // The segment that ends at the first point in reach may be in reach as well, and none before.
  std::uint32_t k = first_where(begin, end, [&](std::uint32_t i) { return scratch.x[i] + job.reach >= x; });
  if (k > begin && k < end) include_segment(scratch.segments[k - 1]);
  for (; k < end && scratch.x[k] - job.reach <= x; ++k) {
    const float centre_x = scratch.x[k];
    if (centre_x - r <= x && x <= centre_x + r) {
      const float half = disc_half_height(r, x - centre_x);
      interval.top = lesser(interval.top, scratch.y[k] - half);
      interval.bottom = greater(interval.bottom, scratch.y[k] + half);
    }
    if (k + 1 < end) include_segment(scratch.segments[k]);
  }
  return interval;
}

/// Fills top and bottom.
template <class Block>
PLOTMILL_DEVICE void find_edges(Block& block, const LineJob& job, const LineScratch& scratch,
                                const LineCounts& counts) {
  block.for_each(job.slices() * counts.n_slots + counts.n_pieces, [&](std::uint32_t i) {
    const auto begin_of = [&](std::uint32_t p) { return job.slices() * scratch.pieces[p].slot_begin + p; };
    const std::uint32_t p = first_where(1, counts.n_pieces, [&](std::uint32_t next) { return begin_of(next) > i; }) - 1;
    const DevicePiece& piece = scratch.pieces[p];
    const int a = job.grid.abscissa_of(piece.first_column) + static_cast<int>(i - begin_of(p));
    const Interval interval = interval_at(job, scratch, piece.point_begin, scratch.pieces[p + 1].point_begin, a);
    scratch.top[i] = interval.top;
    scratch.bottom[i] = interval.bottom;
  });
}

/// Fills rows and straight.
template <class Block>
PLOTMILL_DEVICE void find_slots(Block& block, const LineJob& job, const LineScratch& scratch,
                                const LineCounts& counts) {
  block.for_each(counts.n_slots, [&](std::uint32_t slot) {
    const std::uint32_t p =
        first_where(1, counts.n_pieces, [&](std::uint32_t next) { return scratch.pieces[next].slot_begin > slot; }) - 1;
    const float* const top = scratch.top + job.slices() * slot + p;
    const float* const bottom = scratch.bottom + job.slices() * slot + p;
    float least = top[0];
    float greatest = bottom[0];
    for (std::uint32_t i = 1; i <= job.slices(); ++i) {
      least = lesser(least, top[i]);
      greatest = greater(greatest, bottom[i]);
    }
    const int first = greater(pixel_of(least), 0);
    const int last = lesser(pixel_of(greatest), static_cast<int>(job.options.height) - 1);
    scratch.rows[slot] = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
    std::uint32_t straight = 0;
    for (int part = 0; part < job.grid.parts; ++part) {
      const int at = slices_per_part * part;
      if (is_straight(top + at) && is_straight(bottom + at)) straight |= 1U << static_cast<std::uint32_t>(part);
    }
    scratch.straight[slot] = static_cast<std::uint16_t>(straight);
  });
}

}  // namespace plotmill::kernels
