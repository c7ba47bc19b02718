// The block of a GPU, its barriers and shuffles included, on 256 threads of this machine.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "kernels/lines/device_kernels.hpp"
#include "support/cuda_threads.hpp"
#include "support/line_charts.hpp"
// After the stand-ins for CUDA's own names.
#include "kernels/block/cuda.cuh"

namespace plotmill {
namespace {

using namespace test;
using kernels::CudaBlock;

static_assert(CudaBlock::n_threads == cuda_block_size);

constexpr std::uint32_t lengths[]{0, 1, 31, 33, 256, 257, 700};

/// As DeviceLineDrawer does, with the blocks of a GPU.
Ink draw_in_blocks(const SequencesView& series, const LineOptions& options) {
  const kernels::LineJob job = kernels::line_job(options, series.n_points);
  const auto n = static_cast<std::uint32_t>(series.n_series);
  std::vector<InkSize> images(n), rows(std::size_t{n} * options.height);
  std::vector<std::uint32_t> masks(std::size_t{n} * job.mask_words());
  std::vector<std::uint16_t> n_before(masks.size());
  std::vector<std::byte> memory(job.scratch.n_bytes);
  const kernels::LineScratch scratch(memory.data(), job.scratch);
  const kernels::LineWork work{images.data(), rows.data(), masks.data(), n_before.data(), nullptr};
  InkSize size{};
  for (std::uint32_t i = 0; i < n; ++i) {
    run_cuda_block([&, i] {
      CudaBlock block;
      measure_image(block, job, work, series.values, scratch, i);
    });
  }
  run_cuda_block([&] {
    CudaBlock block;
    place_images(block, images.data(), n, &size);
  });
  Ink ink;
  ink.shape = {options.width, options.height, options.paper, options.ink};
  ink.row_begin.resize(rows.size() + 1);
  ink.runs.resize(size.n_runs);
  ink.coverage.resize(size.n_ink);
  std::vector<std::uint64_t> coverage_begin(n + std::size_t{1});
  const kernels::PackedInk packed{ink.row_begin.data(), coverage_begin.data(), ink.runs.data(), ink.coverage.data()};
  for (std::uint32_t i = 0; i < n; ++i) {
    run_cuda_block([&, i] {
      CudaBlock block;
      write_image(block, job, work, series.values, scratch, i, n, size, packed);
    });
  }
  ink.coverage_begin.assign(coverage_begin.begin(), coverage_begin.end());
  return ink;
}

}  // namespace

TEST_CASE("block_cuda: each item is done once; reductions and sums are those of plain loops") {
  for (const std::uint32_t n : lengths) {
    CAPTURE(n);
    std::vector<std::uint32_t> values(n), times(n, 0), sums(n, 0), greatest(cuda_block_size), all(cuda_block_size);
    for (std::uint32_t i = 0; i < n; ++i) values[i] = i * 7919 % 101;
    std::vector<InkSize> pairs(n);
    run_cuda_block([&] {
      CudaBlock block;
      block.for_each(n, [&](std::uint32_t i) { ++times[i]; });
      const auto value = [&](std::uint32_t i) { return values[i]; };
      greatest[threadIdx.x] =
          block.reduce(n, 0U, value, [](std::uint32_t a, std::uint32_t b) { return std::max(a, b); });
      all[threadIdx.x] = block.exclusive_sums(n, 5U, value, [&](std::uint32_t i, std::uint32_t sum) { sums[i] = sum; });
      (void)block.exclusive_sums(
          n, InkSize{0, 0},
          [&](std::uint32_t i) {
            return InkSize{1, values[i]};
          },
          [&](std::uint32_t i, const InkSize& before) { pairs[i] = before; });
    });
    std::vector<std::uint32_t> expected(n);
    std::exclusive_scan(values.begin(), values.end(), expected.begin(), 5U);
    CHECK(std::count(times.begin(), times.end(), 1) == n);
    CHECK(sums == expected);
    const std::uint32_t most = n == 0 ? 0 : *std::ranges::max_element(values);
    const std::uint32_t sum = std::accumulate(values.begin(), values.end(), 5U);
    CHECK(std::count(greatest.begin(), greatest.end(), most) == cuda_block_size);
    CHECK(std::count(all.begin(), all.end(), sum) == cuda_block_size);
    for (std::uint32_t i = 0; i < n; ++i) CHECK(pairs[i] == InkSize{i, expected[i] - 5});
  }
}

TEST_CASE("block_cuda: a block of a GPU draws the CPU's ink") {
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < 6; ++round) {
    const LineOptions options = random_options(random, 60);
    const std::size_t n_points = 1 + random_below(random, round == 0 ? 600 : 40);
    CAPTURE("seed " + std::to_string(seed) + " round " + std::to_string(round) + ": " + describe(options, n_points));
    std::vector<double> values = random_series(random, n_points);
    const std::vector<double> more = random_series(random, n_points);
    values.insert(values.end(), more.begin(), more.end());
    const SequencesView series{values.data(), 2, n_points};
    CHECK(equal_ink(draw_in_blocks(series, options), draw_lines(series, options)));
  }
}

}  // namespace plotmill
