// Runs and their coverage from the cells of all rows. Lanes are cells.
#include <array>
#include <bit>

#include "kernels/lines/simd.hpp"

#ifndef PLOTMILL_COMPRESS_LANES
#define PLOTMILL_COMPRESS_LANES
namespace plotmill::kernels {
namespace {

/// For each set of at most 8 lanes their numbers, in order; then zeros.
[[maybe_unused]] constexpr auto compress_lanes = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (std::size_t lanes = 0; lanes < table.size(); ++lanes) {
    std::size_t n = 0;
    for (std::uint8_t lane = 0; lane < 8; ++lane) {
      if ((lanes >> lane & 1U) != 0) table[lanes][n++] = lane;
    }
  }
  return table;
}();

}  // namespace
}  // namespace plotmill::kernels
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lines/rows_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::CappedTag<std::int32_t, 16>;
using Bytes = hn::Rebind<std::uint8_t, Ints>;
constexpr Ints ints;
constexpr Bytes bytes;

HWY_INLINE std::uint32_t mask_bits(hn::Mask<Ints> mask) {
  std::uint8_t bits[8] = {};
  (void)hn::StoreMaskBits(ints, mask, bits);
  return bits[0] | std::uint32_t{bits[1]} << 8U;
}

/// hn::Compress(). GCC 12 copies Highway's table of AVX2 and SSE to the stack in each call, which takes 100 cycles.
HWY_INLINE hn::Vec<Ints> compress(hn::Vec<Ints> v, hn::Mask<Ints> mask) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  const auto lanes = hn::PromoteTo(ints, hn::LoadU(bytes, compress_lanes[mask_bits(mask)].data()));
  return hn::TableLookupLanes(v, hn::IndicesFromVec(ints, lanes));
#else
  return hn::Compress(v, mask);
#endif
}

std::size_t CellsToRuns(const Cell* cells, std::size_t n_cells, std::uint8_t* coverage, std::int32_t* starts,
                        RunCount* counts) {
  const std::size_t n = hn::Lanes(ints);
  const auto zero = hn::Zero(ints);
  const auto coverage_bits = hn::Set(ints, 255);
  const auto start_bit = hn::Set(ints, std::int32_t{1} << 30);
  std::size_t n_ink = 0;
  std::uint32_t n_runs = 0;
  for (std::size_t i = cells_begin; i <= n_cells; i += RunCount::n_cells) {
    RunCount& count = counts[i / RunCount::n_cells];
    count = {n_runs, 0};
    for (std::size_t k = 0; k < RunCount::n_cells; k += n) {
      const auto here = hn::LoadU(ints, cells + i + k);
      const auto left = hn::LoadU(ints, cells + i + k - 1);
      const auto is_ink = hn::Ne(hn::And(here, coverage_bits), zero);
      // The cell to the left is ink, of the column before.
      const auto goes_on = hn::And(hn::Ne(hn::And(left, coverage_bits), zero),
                                   hn::Eq(hn::ShiftRight<8>(here), hn::Add(hn::ShiftRight<8>(left), hn::Set(ints, 1))));
      const auto is_start = hn::AndNot(goes_on, is_ink);
      const auto ink = compress(hn::Or(here, hn::IfThenElseZero(is_start, start_bit)), is_ink);
      hn::StoreU(hn::DemoteTo(bytes, hn::And(ink, coverage_bits)), bytes, coverage + n_ink);

      const std::size_t n_here = hn::CountTrue(ints, is_ink);
      const auto is_run = hn::And(hn::FirstN(ints, n_here), hn::Ne(hn::And(ink, start_bit), zero));
      const auto index = hn::Iota(ints, static_cast<std::int32_t>(n_ink));
      const auto x = hn::And(hn::ShiftRight<8>(ink), hn::Set(ints, 0xFFFF));
      hn::StoreU(compress(hn::Or(x, hn::ShiftLeft<16>(index)), is_run), ints, starts + n_runs);
      count.starts |= mask_bits(is_start) << k;
      n_ink += n_here;
      n_runs += static_cast<std::uint32_t>(hn::CountTrue(ints, is_start));
    }
  }
  return n_ink;
}

void CountRowRuns(const RunCount* counts, const std::int32_t* row_end, std::size_t height, std::uint32_t* row_begin) {
  const std::uint32_t before = row_begin[0];
  for (std::size_t row = 0; row < height; ++row) {
    const auto end = static_cast<std::uint32_t>(row_end[row]);
    const RunCount& count = counts[end / RunCount::n_cells];
    const std::uint32_t starts = count.starts & ((1U << end % RunCount::n_cells) - 1);
    row_begin[row + 1] = before + count.before + static_cast<std::uint32_t>(std::popcount(starts));
  }
}

void FinishRuns(const std::int32_t* starts, std::size_t n, Run* out) {
  static_assert(sizeof(Run) == sizeof(std::int32_t));
  if constexpr (std::endian::native == std::endian::little) {
    const auto x_bits = hn::Set(ints, 0xFFFF);
    for (std::size_t i = 0; i < n; i += hn::Lanes(ints)) {
      const auto start = hn::LoadU(ints, starts + i);
      const auto next = hn::LoadU(ints, starts + i + 1);
      const auto length = hn::Sub(hn::AndNot(x_bits, next), hn::AndNot(x_bits, start));
      hn::StoreU(hn::Or(hn::And(start, x_bits), length), ints, reinterpret_cast<std::int32_t*>(out + i));
    }
  } else {
    const auto index = [&](std::size_t k) { return static_cast<std::uint32_t>(starts[k]) >> 16U; };
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = {static_cast<std::uint16_t>(starts[i] & 0xFFFF), static_cast<std::uint16_t>(index(i + 1) - index(i))};
    }
  }
}

}  // namespace
}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill::kernels {

HWY_EXPORT(CellsToRuns);
HWY_EXPORT(CountRowRuns);
HWY_EXPORT(FinishRuns);

std::size_t cells_to_runs(const Cell* cells, std::size_t n_cells, std::uint8_t* coverage, std::int32_t* starts,
                          RunCount* counts) {
  return HWY_DYNAMIC_DISPATCH(CellsToRuns)(cells, n_cells, coverage, starts, counts);
}

void count_row_runs(const RunCount* counts, const std::int32_t* row_end, std::size_t height, std::uint32_t* row_begin) {
  HWY_DYNAMIC_DISPATCH(CountRowRuns)(counts, row_end, height, row_begin);
}

void finish_runs(const std::int32_t* starts, std::size_t n, Run* out) {
  HWY_DYNAMIC_DISPATCH(FinishRuns)(starts, n, out);
}

}  // namespace plotmill::kernels
#endif
