// As much of CUDA as kernels/block/cuda.cuh asks for, on ordinary threads: a block is 256 of them, and barriers and
// shuffles wait as a GPU's do. The thread sanitizer then sees a missing barrier as a race. One block at a time.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

// NOLINTBEGIN: the names are CUDA's.
#define __device__
#define __shared__ static

struct ThreadIndex {
  unsigned x;
};
inline thread_local ThreadIndex threadIdx{0};

namespace plotmill::test {

inline constexpr unsigned cuda_warp_size = 32;
inline constexpr unsigned cuda_block_size = 256;

class Barrier {
 public:
  explicit Barrier(unsigned n) { pthread_barrier_init(&barrier_, nullptr, n); }
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;
  ~Barrier() { pthread_barrier_destroy(&barrier_); }
  void wait() { pthread_barrier_wait(&barrier_); }

 private:
  pthread_barrier_t barrier_;
};

struct Warp {
  Barrier barrier{cuda_warp_size};
  std::array<std::uint32_t, cuda_warp_size> words{};

  /// What the lane `from` gives; every lane of the warp calls it.
  std::uint32_t exchange(std::uint32_t word, unsigned from) {
    words[threadIdx.x % cuda_warp_size] = word;
    barrier.wait();
    const std::uint32_t received = words[from];
    barrier.wait();
    return received;
  }
};

inline Barrier block_barrier{cuda_block_size};
inline std::array<Warp, cuda_block_size / cuda_warp_size> warps;

/// Runs thread() on every thread of a block.
template <class Thread>
void run_cuda_block(Thread thread) {
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < cuda_block_size; ++i) {
    threads.emplace_back([=] {
      threadIdx.x = i;
      thread();
    });
  }
}

}  // namespace plotmill::test

inline void __syncthreads() { plotmill::test::block_barrier.wait(); }

inline std::uint32_t __shfl_xor_sync(unsigned, std::uint32_t word, int distance) {
  const unsigned lane = threadIdx.x % plotmill::test::cuda_warp_size;
  return plotmill::test::warps[threadIdx.x / plotmill::test::cuda_warp_size].exchange(
      word, lane ^ static_cast<unsigned>(distance));
}

inline std::uint32_t __shfl_up_sync(unsigned, std::uint32_t word, int distance) {
  const unsigned lane = threadIdx.x % plotmill::test::cuda_warp_size;
  const auto far = static_cast<unsigned>(distance);
  return plotmill::test::warps[threadIdx.x / plotmill::test::cuda_warp_size].exchange(word,
                                                                                      lane < far ? lane : lane - far);
}

inline void atomicOr(std::uint32_t* word, std::uint32_t bits) { std::atomic_ref(*word).fetch_or(bits); }
// NOLINTEND
