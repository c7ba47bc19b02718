// Each promise of a Block alone, as a kernel: with no phase more between two than the promise is about.
#include "kernels/block/cuda.cuh"

namespace plotmill::kernels {

/// sums: [n], sum: [n_threads], greatest: [n_threads]
__global__ void __launch_bounds__(CudaBlock::n_threads)
    use_block(const std::uint32_t* values, std::uint32_t n, std::uint32_t* doubled, std::uint32_t* sums,
              std::uint32_t* sum, std::uint32_t* greatest) {
  CudaBlock block;
  block.for_each(n, [&](std::uint32_t i) { doubled[i] = 2 * values[i]; });
  // Each reads what another thread has written.
  const auto value = [&](std::uint32_t i) { return doubled[n - 1 - i]; };
  const auto add = [](std::uint32_t a, std::uint32_t b) { return a + b; };
  sum[threadIdx.x] = block.reduce(n, 0U, value, add);
  greatest[threadIdx.x] = block.reduce(n, 0U, value, [](std::uint32_t a, std::uint32_t b) { return a < b ? b : a; });
  sum[threadIdx.x] +=
      block.exclusive_sums(n, 0U, value, [&](std::uint32_t i, std::uint32_t before) { sums[i] = before; });
  // What put() has set is there, and the words of the sums are free again.
  sum[threadIdx.x] += block.reduce(
      n, 0U, [&](std::uint32_t i) { return sums[n - 1 - i]; }, add);
}

}  // namespace plotmill::kernels
