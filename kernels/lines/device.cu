// Launches the kernels of device_kernels.hpp and ink/fill_frames.hpp on a GPU.
#include <cuda_runtime.h>

#include <algorithm>
#include <string>

#include "kernels/block/cuda.cuh"
#include "kernels/lines/cuda.hpp"
#include "kernels/lines/device_kernels.hpp"
#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

/// Blocks that a multiprocessor is to hold: 80 registers a thread, with which nothing is spilled. Four blocks, and 64
/// registers, spill on sm_90.
constexpr int n_blocks_at_once = 3;

/// Where the image that this block does has its scratch.
template <bool in_shared_memory>
__device__ std::byte* scratch_of_block(const LineJob& job, const LineWork& work) {
  extern __shared__ __align__(16) std::byte shared[];
  return in_shared_memory ? shared : work.scratch + std::uint64_t{blockIdx.x} * std::uint64_t{job.scratch.n_bytes};
}

template <bool in_shared_memory>
__global__ void __launch_bounds__(CudaBlock::n_threads, n_blocks_at_once)
    measure_images(const __grid_constant__ LineJob job, const __grid_constant__ LineWork work, const double* values) {
  CudaBlock block;
  const LineScratch scratch(scratch_of_block<in_shared_memory>(job, work), job.scratch);
  measure_image(block, job, work, values, scratch, blockIdx.x);
}

__global__ void __launch_bounds__(CudaBlock::n_threads)
    place_batch(InkSize* images, std::uint32_t n_images, InkSize* size) {
  CudaBlock block;
  place_images(block, images, n_images, size);
}

template <bool in_shared_memory>
__global__ void __launch_bounds__(CudaBlock::n_threads, n_blocks_at_once)
    write_images(const __grid_constant__ LineJob job, const __grid_constant__ LineWork work, const double* values,
                 std::uint32_t n_images, InkSize size, const __grid_constant__ PackedInk packed) {
  CudaBlock block;
  const LineScratch scratch(scratch_of_block<in_shared_memory>(job, work), job.scratch);
  write_image(block, job, work, values, scratch, blockIdx.x, n_images, size, packed);
}

template <class Pixel>
__global__ void __launch_bounds__(CudaBlock::n_threads) fill_bands(const __grid_constant__ FrameJob<Pixel> job) {
  CudaBlock block;
  fill_band(block, job, blockIdx.x);
}

void require(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw Error(ErrorKind::device, std::string(what) + ": " + cudaGetErrorString(status));
}

/// Launches one block for each of n images with the scratch in shared memory where it fits, else in device memory.
template <class Kernel, class... Arguments>
void launch_images(void* stream, const LineJob& job, std::uint32_t n, std::uint32_t shared_bytes, const char* what,
                   Kernel in_shared_memory, Kernel in_device_memory, const Arguments&... arguments) {
  int device = 0;
  int most = 0;
  require(cudaGetDevice(&device), what);
  require(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), what);
  cudaFuncAttributes attributes;
  require(cudaFuncGetAttributes(&attributes, in_shared_memory), what);
  const std::uint64_t available = static_cast<std::uint64_t>(most) - attributes.sharedSizeBytes;
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (job.scratch.n_bytes <= std::min<std::uint64_t>(shared_bytes, available)) {
    // All that there is, which takes nothing: other jobs launch the same kernel meanwhile, with other sizes.
    const auto n_bytes = static_cast<int>(available);
    require(cudaFuncSetAttribute(in_shared_memory, cudaFuncAttributeMaxDynamicSharedMemorySize, n_bytes), what);
    // Else the driver may leave room for fewer blocks than registers do.
    require(cudaFuncSetAttribute(in_shared_memory, cudaFuncAttributePreferredSharedMemoryCarveout,
                                 cudaSharedmemCarveoutMaxShared),
            what);
    in_shared_memory<<<n, CudaBlock::n_threads, job.scratch.n_bytes, cuda_stream>>>(arguments...);
  } else {
    in_device_memory<<<n, CudaBlock::n_threads, 0, cuda_stream>>>(arguments...);
  }
  require(cudaGetLastError(), what);
}

template <class Pixel>
void launch_fill_bands(void* stream, const FrameJob<Pixel>& job, std::uint32_t n_bands) {
  fill_bands<Pixel><<<n_bands, CudaBlock::n_threads, 0, static_cast<cudaStream_t>(stream)>>>(job);
  require(cudaGetLastError(), "filling frames");
}

}  // namespace

void launch_measure(void* stream, const LineJob& job, const LineWork& work, const double* values,
                    std::uint32_t n_images, InkSize* size, std::uint32_t shared_bytes) {
  constexpr auto what = "measuring the ink of charts";
  if (n_images > 0) {
    launch_images(stream, job, n_images, shared_bytes, what, measure_images<true>, measure_images<false>, job, work,
                  values);
  }
  place_batch<<<1, CudaBlock::n_threads, 0, static_cast<cudaStream_t>(stream)>>>(work.images, n_images, size);
  require(cudaGetLastError(), what);
}

void launch_write(void* stream, const LineJob& job, const LineWork& work, const double* values, std::uint32_t n_images,
                  InkSize size, const PackedInk& packed, std::uint32_t shared_bytes) {
  launch_images(stream, job, n_images, shared_bytes, "drawing charts", write_images<true>, write_images<false>, job,
                work, values, n_images, size, packed);
}

void launch_fill(void* stream, const FrameJob<std::uint8_t>& job, std::uint32_t n_bands) {
  launch_fill_bands(stream, job, n_bands);
}
void launch_fill(void* stream, const FrameJob<float>& job, std::uint32_t n_bands) {
  launch_fill_bands(stream, job, n_bands);
}

}  // namespace plotmill::kernels
