// Marks functions that kernels for the GPU call, and holds what they take the place of the standard library for.
//
// nvcc compiles device code without --expt-relaxed-constexpr, so that it refuses a call of any function that is not
// marked. With that option such a call compiles, and where the function calls a builtin of the host compiler, nvcc
// drops it as unreachable without a word: std::countr_zero() was 32 for every word.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#ifdef __CUDACC__
#define PLOTMILL_DEVICE __device__
#else
/// Code for the GPU as well where nvcc compiles it. Everywhere else a function like any other.
#define PLOTMILL_DEVICE
#endif

namespace plotmill::kernels {

/// Values, which device code may use where it may not call the functions that give them.
inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr std::uint32_t greatest_u32 = std::numeric_limits<std::uint32_t>::max();

/// std::min() and std::max() of integers.
template <class Integer>
[[nodiscard]] PLOTMILL_DEVICE constexpr Integer lesser(Integer a, Integer b) {
  return b < a ? b : a;
}
template <class Integer>
[[nodiscard]] PLOTMILL_DEVICE constexpr Integer greater(Integer a, Integer b) {
  return a < b ? b : a;
}

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

[[nodiscard]] PLOTMILL_DEVICE inline double lesser(double a, double b) {
#ifdef __CUDA_ARCH__
  return fmin(a, b);
#else
  return std::min(a, b);
#endif
}
[[nodiscard]] PLOTMILL_DEVICE inline double greater(double a, double b) {
#ifdef __CUDA_ARCH__
  return fmax(a, b);
#else
  return std::max(a, b);
#endif
}

/// Bits of a word that are 1.
[[nodiscard]] PLOTMILL_DEVICE inline std::uint32_t count_ones(std::uint32_t word) {
#ifdef __CUDA_ARCH__
  return static_cast<std::uint32_t>(__popc(static_cast<int>(word)));
#else
  return static_cast<std::uint32_t>(std::popcount(word));
#endif
}

/// Place of the lowest bit that is 1, from 0. `word` is not 0.
[[nodiscard]] PLOTMILL_DEVICE inline std::uint32_t lowest_one(std::uint32_t word) {
#ifdef __CUDA_ARCH__
  return static_cast<std::uint32_t>(__ffs(static_cast<int>(word))) - 1;
#else
  return static_cast<std::uint32_t>(std::countr_zero(word));
#endif
}

/// The first index from `from` on, before `to`, for which is_true(index); `to` where there is none. Once true, it stays
/// true.
template <class IsTrue>
[[nodiscard]] PLOTMILL_DEVICE std::uint32_t first_where(std::uint32_t from, std::uint32_t to, IsTrue is_true) {
  while (from < to) {
    const std::uint32_t middle = from + (to - from) / 2;
    if (is_true(middle)) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

}  // namespace plotmill::kernels
