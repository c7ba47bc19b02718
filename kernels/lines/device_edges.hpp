// The stroke's edges in each column of each piece: at its ends, which abscissae between these are kept, and the rows
// that they reach. What an edge is at a kept abscissa is found again where it is needed: to keep it would take more
// shared memory than all the rest.
#pragma once

#include "kernels/lines/device_points.hpp"

namespace plotmill::kernels {

/// The points of a piece: [begin, end).
struct PointRange {
  std::uint32_t begin, end;
};

/// The upper or lower edge of a piece's stroke at x; y of its nearer end where x is beyond either.
template <bool is_top>
[[nodiscard]] PLOTMILL_DEVICE float edge_at(const LineJob& job, const LineScratch& scratch, const PointRange& points,
                                            float x) {
  constexpr float sign = is_top ? 1 : -1;
  const float r = job.grid.radius;
  float edge = sign * infinity;
  const auto include = [&](float y) { edge = is_top ? lesser(edge, y) : greater(edge, y); };
  // The last point that is out of reach on the left, where there is one: its segment may be in reach.
  std::uint32_t k =
      first_where(points.begin + 1, points.end, [&](std::uint32_t i) { return scratch.x[i] + job.grid.reach >= x; }) -
      1;
  for (; k < points.end && scratch.x[k] - job.grid.reach <= x; ++k) {
    const bool has_before = k > points.begin;
    const bool has_after = k + 1 < points.end;
    const PointArcs arcs(scratch.x[k], r, has_before, has_before ? scratch.segments[k - 1].shift : 0, has_after,
                         has_after ? scratch.segments[k].shift : 0);
    const float from = is_top ? arcs.top_from : arcs.bottom_from;
    const float to = is_top ? arcs.top_to : arcs.bottom_to;
    if (from <= x && x <= to) include(scratch.y[k] - sign * disc_half_height(r, x - scratch.x[k]));
    if (!has_after) break;
    const SegmentEdges& segment = scratch.segments[k];
    const float s = sign * segment.shift;
    if (segment.has_edges() && segment.from(s) <= x && x <= segment.to(s)) {
      include(segment.y(x, s) - sign * segment.rise);
    }
  }
  if (std::abs(edge) < infinity) return edge;
  return scratch.y[x < scratch.x[points.begin] ? points.begin : points.end - 1];
}

/// One column of a piece.
struct Slot {
  std::uint32_t index, piece;

  /// Where its left end is in LineScratch::top and bottom; its right end is next.
  [[nodiscard]] PLOTMILL_DEVICE std::uint32_t left() const { return index + piece; }

  [[nodiscard]] PLOTMILL_DEVICE PointRange points(const LineScratch& scratch) const {
    return {scratch.pieces[piece].point_begin, scratch.pieces[piece + 1].point_begin};
  }
  [[nodiscard]] PLOTMILL_DEVICE int column(const LineScratch& scratch) const {
    return scratch.pieces[piece].first_column + static_cast<int>(index - scratch.pieces[piece].slot_begin);
  }

  /// An edge at abscissa i of the column.
  template <bool is_top>
  [[nodiscard]] PLOTMILL_DEVICE float edge(const LineJob& job, const LineScratch& scratch, int i) const {
    const float x = job.grid.abscissa_x(job.grid.abscissa_of(column(scratch)) + i);
    return edge_at<is_top>(job, scratch, points(scratch), x);
  }

  /// Whether a point is near to it.
  [[nodiscard]] PLOTMILL_DEVICE bool may_bend(const LineJob& job, const LineScratch& scratch) const {
    const PointRange range = points(scratch);
    const int x = column(scratch);
    const std::uint32_t k = first_where(range.begin, range.end,
                                        [&](std::uint32_t i) { return job.grid.last_near_column(scratch.x[i]) >= x; });
    return k < range.end && job.grid.first_near_column(scratch.x[k]) <= x;
  }
};

[[nodiscard]] PLOTMILL_DEVICE inline Slot slot_of(const LineScratch& scratch, const LineCounts& counts,
                                                  std::uint32_t slot) {
  const std::uint32_t p =
      first_where(1, counts.n_pieces, [&](std::uint32_t next) { return scratch.pieces[next].slot_begin > slot; }) - 1;
  return {slot, p};
}

/// Calls use(from, to, width) with an edge's y at either end of each of a slot's slices, from the left.
template <bool is_top, class Use>
PLOTMILL_DEVICE void for_each_slice(const LineJob& job, const LineScratch& scratch, const Slot& slot, Use use) {
  const std::uint32_t n_words = job.kept_words();
  const auto kept_of = [&](std::uint32_t word) {
    const std::uint32_t both = scratch.kept[slot.index * n_words + word];
    return is_top ? both & 0xFFFFU : both >> 16U;
  };
  const float* const ends = (is_top ? scratch.top : scratch.bottom) + slot.left();
  std::uint32_t word = 0;
  std::uint32_t left = kept_of(word);
  int i = 0;
  float y = ends[0];
  do {
    while (left == 0 && ++word < n_words) left = kept_of(word);
    const bool is_last = left == 0;
    const int next = is_last ? job.grid.slices : static_cast<int>(word * abscissae_per_word + lowest_one(left));
    const float next_y = is_last ? ends[1] : slot.edge<is_top>(job, scratch, next);
    use(y, next_y, job.grid.abscissa_x(next - i));
    left &= left - 1;
    i = next;
    y = next_y;
  } while (i < job.grid.slices);
}

/// Fills top and bottom.
template <class Block>
PLOTMILL_DEVICE void find_ends(Block& block, const LineJob& job, const LineScratch& scratch, const LineCounts& counts) {
  block.for_each(counts.n_slots + counts.n_pieces, [&](std::uint32_t i) {
    const auto begin_of = [&](std::uint32_t p) { return scratch.pieces[p].slot_begin + p; };
    const std::uint32_t p = first_where(1, counts.n_pieces, [&](std::uint32_t next) { return begin_of(next) > i; }) - 1;
    const Slot slot{i - p, p};  // One behind the piece's last one at the end; its left end is what counts.
    scratch.top[i] = slot.edge<true>(job, scratch, 0);
    scratch.bottom[i] = slot.edge<false>(job, scratch, 0);
  });
}

/// Fills kept, but for the abscissae that others belong to.
template <class Block>
PLOTMILL_DEVICE void find_bends(Block& block, const LineJob& job, const LineScratch& scratch,
                                const LineCounts& counts) {
  const std::uint32_t n_words = job.kept_words();
  const auto slices = static_cast<std::uint32_t>(job.grid.slices);
  block.for_each(counts.n_slots * n_words, [&](std::uint32_t word) { scratch.kept[word] = 0; });
  block.for_each(2 * counts.n_slots * slices, [&](std::uint32_t item) {
    const bool of_top = item % 2 == 0;
    const std::uint32_t i = item / 2 % slices;
    if (i == 0) return;
    const Slot slot = slot_of(scratch, counts, item / 2 / slices);
    if (!slot.may_bend(job, scratch)) return;
    const auto is_kept = [&](auto edge) {
      if (i % slices_per_part == 0) return true;
      const std::uint32_t l = i & (0U - i);
      return is_bent(edge(i - l), edge(i), edge(i + l));
    };
    const bool kept =
        of_top ? is_kept([&](std::uint32_t at) { return slot.edge<true>(job, scratch, static_cast<int>(at)); })
               : is_kept([&](std::uint32_t at) { return slot.edge<false>(job, scratch, static_cast<int>(at)); });
    if (!kept) return;
    const std::uint32_t bit = (of_top ? 1U : 1U << 16U) << i % abscissae_per_word;
    block.or_bits(scratch.kept[slot.index * n_words + i / abscissae_per_word], bit);
  });
}

/// Completes kept and fills rows.
template <class Block>
PLOTMILL_DEVICE void find_slots(Block& block, const LineJob& job, const LineScratch& scratch,
                                const LineCounts& counts) {
  block.for_each(counts.n_slots, [&](std::uint32_t i) {
    const std::uint32_t n_words = job.kept_words();
    for (std::uint32_t word = 0; word < n_words; ++word) {
      std::uint32_t& kept = scratch.kept[i * n_words + word];
      kept = with_owners(kept);
    }
    const Slot slot = slot_of(scratch, counts, i);
    float least = infinity;
    float greatest = -infinity;
    for_each_slice<true>(job, scratch, slot,
                         [&](float from, float to, float) { least = lesser(least, lesser(from, to)); });
    for_each_slice<false>(job, scratch, slot,
                          [&](float from, float to, float) { greatest = greater(greatest, greater(from, to)); });
    const int first = greater(pixel_of(least), 0);
    const int last = lesser(pixel_of(greatest), static_cast<int>(job.options.height) - 1);
    scratch.rows[i] = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
  });
}

}  // namespace plotmill::kernels
