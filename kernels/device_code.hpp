// Marks functions that kernels for the GPU call.
#pragma once

#include <algorithm>

#ifdef __CUDACC__
#define PLOTMILL_DEVICE __device__
#else
/// Code for the GPU as well where nvcc compiles it. Everywhere else a function like any other.
#define PLOTMILL_DEVICE
#endif

namespace plotmill::kernels {

/// std::min() and std::max() of numbers of which neither is NaN, in one instruction on a GPU; of two zeros it may be
/// the other one.
[[nodiscard]] PLOTMILL_DEVICE inline float lesser(float a, float b) {
#ifdef __CUDA_ARCH__
  return fminf(a, b);
#else
  return std::min(a, b);
#endif
}
[[nodiscard]] PLOTMILL_DEVICE inline float greater(float a, float b) {
#ifdef __CUDA_ARCH__
  return fmaxf(a, b);
#else
  return std::max(a, b);
#endif
}

}  // namespace plotmill::kernels
