// See ink_rows.hpp. Compiled for each instruction set mostly for the sake of BMI2, whose shifts take their count from
// any register.
#include <algorithm>
#include <array>

#include "kernels/deflate/filtered_rows.hpp"
#include "kernels/deflate/ink_rows.hpp"
#include "kernels/deflate/ink_runs.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/deflate/ink_rows_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Runs at a time; what is noted of them stays in the fastest cache.
constexpr std::size_t block_runs = 1024;

/// Notes on a block of runs.
struct Block {
  std::size_t n;
  /// From the end of the run before to that of this one, in pixels.
  std::array<std::uint32_t, block_runs> steps;
  /// Pixels of paper before the run; from bit 16 on 32 less 8 times its length, from bit 24 on its length. The paper
  /// is slow_gap where the run is not to be written together with others. When it is written, its InkTables::sums.
  std::array<std::uint64_t, block_runs + 1> notes;
};

constexpr std::uint32_t slow_gap = InkTables::n_gaps - 1;

/// Steps within a row.
void FindSteps(const Run* runs, std::size_t first, Block& block) {
  static_assert(sizeof(Run) == sizeof(std::uint32_t));
  const hn::CappedTag<std::uint32_t, 16> d;
  const auto x_bits = hn::Set(d, 0xffff);
  runs += first;
  const auto end_of = [](const Run& run) { return std::uint32_t{run.x} + run.n; };
  block.steps[0] = end_of(runs[0]) - (first == 0 ? 0 : end_of(runs[-1]));
  std::size_t i = 1;
  for (; i + hn::Lanes(d) <= block.n; i += hn::Lanes(d)) {
    const auto here = hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(runs + i));
    const auto before = hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(runs + i - 1));
    const auto end = hn::Add(hn::And(here, x_bits), hn::ShiftRight<16>(here));
    const auto end_before = hn::Add(hn::And(before, x_bits), hn::ShiftRight<16>(before));
    hn::StoreU(hn::Sub(end, end_before), d, block.steps.data() + i);
  }
  for (; i < block.n; ++i) block.steps[i] = end_of(runs[i]) - end_of(runs[i - 1]);
}

void MakeNotes(const Run* runs, Block& block) {
  const hn::CappedTag<std::uint64_t, 8> wide;
  const hn::Rebind<std::uint32_t, decltype(wide)> d;
  const auto slow = hn::Set(d, slow_gap);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= block.n; i += hn::Lanes(d)) {
    const auto n = hn::ShiftRight<16>(hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(runs + i)));
    const auto gap = hn::Min(hn::Sub(hn::LoadU(d, block.steps.data() + i), n), slow);
    const auto paper = hn::IfThenElse(hn::Gt(n, hn::Set(d, at_once)), slow, gap);
    const auto shift = hn::Sub(hn::Set(d, 32U << 16U), hn::ShiftLeft<19>(n));
    const auto note = hn::Or(hn::Or(paper, hn::ShiftLeft<24>(n)), hn::And(shift, hn::Set(d, 0xff0000)));
    hn::StoreU(hn::PromoteTo(wide, note), wide, block.notes.data() + i);
  }
  for (; i < block.n; ++i) {
    const std::uint32_t n = runs[i].n;
    const std::uint32_t paper = n > at_once ? slow_gap : std::min(block.steps[i] - n, slow_gap);
    block.notes[i] = paper | ((32 - 8 * n) & 0xffU) << 16U | n << 24U;
  }
}

/// What is written, and what is read.
struct InkPlace {
  BitWriter bits;
  const std::uint8_t* coverage;
  const std::uint8_t* coverage_end;
  std::int64_t placed = 0;    ///< As InkSums.
  std::int64_t weighted = 0;  ///< As InkSums.
};

/// Writes runs as far as they are short; the last is not. Returns the first one that is not written.
template <std::size_t pixel_bytes>
HWY_NOINLINE std::uint64_t* WriteShortRuns(const InkTables& tables, std::uint64_t* note, InkPlace& place) {
  // Copies, which stay in registers: bytes that are stored could otherwise change them.
  BitWriter bits = place.bits;
  const std::uint8_t* coverage = place.coverage;
  std::int64_t placed = 0;
  std::int64_t weighted = 0;
  for (;; ++note) {
    // By bytes, which takes fewer instructions than by shifts.
    const auto* const note_bytes = reinterpret_cast<const std::uint8_t*>(note);
    std::uint16_t paper = 0;
    std::memcpy(&paper, note_bytes, sizeof(paper));
    const std::uint32_t pixels = first_pixels(coverage, note_bytes[2]);
    FourSums sums{};
    if constexpr (pixel_bytes == 1) {
      const std::uint64_t four = four_strings(tables, pixels, sums);
      const PackedString gap = tables.gaps[paper];
      const auto n_bits = static_cast<std::uint32_t>(sums.all) + static_cast<std::uint32_t>(gap);
      if (static_cast<std::uint8_t>(n_bits) > BitWriter::most_bits) [[unlikely]]
        break;
      bits.put(gap >> 8U | four << (gap & 63U), n_bits);
      bits.flush();
    } else {
      const PackedString gap = tables.gaps[paper];
      if (static_cast<std::uint8_t>(gap) > BitWriter::most_bits) [[unlikely]]
        break;
      put_packed(gap, bits);
      bits.flush();
      sums = write_four<pixel_bytes>(tables, pixels, bits, weighted);
    }
    placed += sums.placed;
    coverage += note_bytes[3];
    *note = static_cast<std::uint64_t>(sums.all);
  }
  place.bits = bits;
  place.coverage = coverage;
  place.placed += placed >> 32;
  place.weighted += weighted;
  return note;
}

/// Writes a run of any length. Returns its sums.
template <std::size_t pixel_bytes>
HWY_NOINLINE std::uint64_t WriteRun(const InkCode& code, std::uint32_t gap, std::uint32_t n, InkPlace& place) {
  BitWriter bits = place.bits;
  if (gap != 0) write_gap<pixel_bytes>(code, gap, bits);
  const InkSums sums = write_run<pixel_bytes>(code, place.coverage, n, place.coverage_end, bits);
  place.bits = bits;
  place.coverage += n;
  place.placed += sums.placed;
  place.weighted += sums.weighted;
  return static_cast<std::uint64_t>(n > 1024 ? sums.deviation % InkWriter::modulus : sums.deviation) << 32U;
}

/// Below 2^63: of a block's runs each deviates by less than 2^20, and its steps are together less than 2^32.
void CountBlock(const Block& block, const InkPlace& place, InkWriter& writer) {
  writer.reduce();
  std::int64_t deviation = writer.deviation;
  std::int64_t second = writer.second + place.placed - deviation;
  for (std::size_t i = 0; i < block.n; ++i) {
    second += block.steps[i] * deviation;
    deviation += static_cast<std::int64_t>(block.notes[i]) >> 32;
  }
  writer.second = second + deviation;
  writer.deviation = deviation;
  writer.weighted += place.weighted;
}

/// Returns the row of the last run.
template <std::size_t pixel_bytes, bool filter_bytes>
HWY_INLINE std::size_t WriteRows(const InkCode& code, const InkImageView& image, std::uint64_t gap, FilteredRows* rows,
                                 InkWriter& writer) {
  const std::size_t n_runs = image.runs.size();
  const std::uint32_t row_pixels = image.shape.width + (filter_bytes ? 1 : 0);
  const std::uint8_t* coverage = image.coverage.data();
  Block block;
  std::size_t row = 0;
  for (std::size_t first = 0; first < n_runs; first += block_runs) {
    const Run* const runs = image.runs.data() + first;
    block.n = std::min(block_runs, n_runs - first);
    FindSteps(image.runs.data(), first, block);
    const auto begin_of = [&](std::size_t y) { return image.row_begin[y] - image.row_begin[0] - first; };
    const std::size_t first_row = row;
    for (; row + 1 < image.shape.height && begin_of(row + 1) < block.n; ++row) {
      block.steps[begin_of(row + 1)] += row_pixels;
    }
    if (first == 0) {
      if (const std::uint64_t whole = gap + block.steps[0] - runs[0].n; whole < slow_gap) {
        block.steps[0] += static_cast<std::uint32_t>(gap);
      } else {
        if constexpr (!filter_bytes) write_gap<pixel_bytes>(code, whole, writer.bits);
        writer.count_paper(whole);
        block.steps[0] = runs[0].n;
      }
    }
    MakeNotes(runs, block);
    if constexpr (filter_bytes) {
      if (first == 0) block.notes[0] = slow_gap;
      for (std::size_t y = first_row; y < row; ++y) block.notes[begin_of(y + 1)] = slow_gap;
    }

    InkPlace place{writer.bits, coverage, image.coverage.data() + image.coverage.size()};
    // Four pixels can be read at once where at least three runs come behind.
    const std::size_t n_behind = n_runs - first - block.n;
    const std::size_t n_last = n_behind < at_once ? std::min(block.n, at_once - n_behind) : 0;
    std::fill_n(block.notes.data() + block.n - n_last, n_last + 1, slow_gap);
    for (std::size_t i = 0; i < block.n; ++i) {
      if ((block.notes[i] & 0xffffU) != slow_gap) {
        std::uint64_t* const notes = block.notes.data();
        i = static_cast<std::size_t>(WriteShortRuns<pixel_bytes>(code.tables(), notes + i, place) - notes);
        if (i == block.n) break;
      }
      std::uint32_t n_paper = block.steps[i] - runs[i].n;
      if constexpr (filter_bytes) n_paper = rows->go_to(first + i, place.bits);
      block.notes[i] = WriteRun<pixel_bytes>(code, n_paper, runs[i].n, place);
    }
    writer.bits = place.bits;
    coverage = place.coverage;
    CountBlock(block, place, writer);
  }
  return row;
}

std::size_t WriteRows1(const InkCode& code, const InkImageView& image, std::uint64_t gap, InkWriter& writer) {
  return WriteRows<1, false>(code, image, gap, nullptr, writer);
}

std::size_t WriteRows4(const InkCode& code, const InkImageView& image, std::uint64_t gap, InkWriter& writer) {
  return WriteRows<4, false>(code, image, gap, nullptr, writer);
}

std::size_t WriteFilteredRows(const InkCode& code, const InkImageView& image, FilteredRows& rows, InkWriter& writer) {
  return WriteRows<1, true>(code, image, 1, &rows, writer);
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(WriteRows1);
HWY_EXPORT(WriteRows4);
HWY_EXPORT(WriteFilteredRows);

std::uint64_t write_rows(const InkCode& code, const InkImageView& image, std::uint64_t gap, InkWriter& writer) {
  if (image.runs.empty()) return gap + image.shape.n_pixels();
  const std::size_t last_row = code.layout().pixel_bytes() == 1
                                   ? HWY_DYNAMIC_DISPATCH(WriteRows1)(code, image, gap, writer)
                                   : HWY_DYNAMIC_DISPATCH(WriteRows4)(code, image, gap, writer);
  const Run last = image.runs.back();
  return (image.shape.height - last_row) * std::uint64_t{image.shape.width} - last.x - last.n;
}

void write_filtered_rows(const InkCode& code, const InkImageView& image, InkWriter& writer) {
  FilteredRows rows(code, image);
  std::uint64_t rest = code.layout().image_bytes();
  if (!image.runs.empty()) {
    const std::size_t last_row = HWY_DYNAMIC_DISPATCH(WriteFilteredRows)(code, image, rows, writer);
    const Run last = image.runs.back();
    rest -= last_row * code.layout().row_bytes() + 1 + last.x + last.n;
  }
  rows.finish(writer.bits);
  writer.count_paper(rest);
}

}  // namespace plotmill::kernels
#endif
