// A block of a GPU for the kernels of block.hpp: one thread for each item, in turn.
#pragma once

#include <cstdint>
#include <cstring>

namespace plotmill::kernels {

class CudaBlock {
 public:
  static constexpr std::uint32_t n_threads = 256;

  template <class Item>
  __device__ void for_each(std::uint32_t n, Item item) {
    for (std::uint32_t i = threadIdx.x; i < n; i += n_threads) item(i);
    __syncthreads();
  }

  template <class T, class Value, class Combine>
  __device__ T reduce(std::uint32_t n, T none, Value value, Combine combine) {
    T mine = none;
    for (std::uint32_t i = threadIdx.x; i < n; i += n_threads) mine = combine(mine, value(i));
    for (int distance = warp_size / 2; distance > 0; distance /= 2) mine = combine(mine, from_lane_xor(mine, distance));
    T* const warps = shared_per_warp<T>();
    if (lane() == 0) warps[warp()] = mine;
    __syncthreads();
    mine = warps[0];
    for (int i = 1; i < n_warps; ++i) mine = combine(mine, warps[i]);
    __syncthreads();
    return mine;
  }

  template <class T, class Value, class Put>
  __device__ T exclusive_sums(std::uint32_t n, T start, Value value, Put put) {
    T* const warps = shared_per_warp<T>();
    for (std::uint32_t first = 0; first < n; first += n_threads) {
      const std::uint32_t i = first + threadIdx.x;
      const T mine = i < n ? value(i) : T{};
      T sum = mine;  // Of the warp's lanes up to this one.
      for (int distance = 1; distance < warp_size; distance *= 2) {
        const T before = from_lane_below(sum, distance);
        if (lane() >= distance) sum = before + sum;
      }
      if (lane() == warp_size - 1) warps[warp()] = sum;
      const T sum_before_lane = from_lane_below(sum, 1);
      __syncthreads();
      T before = start;
      for (int w = 0; w < n_warps; ++w) {
        if (w < warp()) before = before + warps[w];
        start = start + warps[w];
      }
      if (lane() > 0) before = before + sum_before_lane;
      if (i < n) put(i, before);
      __syncthreads();
    }
    return start;
  }

  __device__ static void or_bits(std::uint32_t& word, std::uint32_t bits) { atomicOr(&word, bits); }

 private:
  static constexpr int warp_size = 32;
  static constexpr int n_warps = n_threads / warp_size;

  __device__ static int lane() { return static_cast<int>(threadIdx.x) % warp_size; }
  __device__ static int warp() { return static_cast<int>(threadIdx.x) / warp_size; }

  template <class T>
  __device__ static T* shared_per_warp() {
    __shared__ T values[n_warps];
    return values;
  }

  /// T word by word through what `move` does with each.
  template <class T, class Move>
  __device__ static T by_words(const T& value, Move move) {
    static_assert(sizeof(T) % sizeof(std::uint32_t) == 0);
    std::uint32_t words[sizeof(T) / sizeof(std::uint32_t)];
    std::memcpy(words, &value, sizeof(T));
    for (std::uint32_t& word : words) word = move(word);
    T moved;
    std::memcpy(&moved, words, sizeof(T));
    return moved;
  }

  template <class T>
  __device__ static T from_lane_xor(const T& value, int distance) {
    return by_words(value, [=](std::uint32_t word) { return __shfl_xor_sync(all_lanes, word, distance); });
  }
  template <class T>
  __device__ static T from_lane_below(const T& value, int distance) {
    return by_words(value, [=](std::uint32_t word) { return __shfl_up_sync(all_lanes, word, distance); });
  }

  static constexpr unsigned all_lanes = 0xFFFFFFFF;
};

}  // namespace plotmill::kernels
