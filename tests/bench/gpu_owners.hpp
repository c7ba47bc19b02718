// Owners of what CUDA gives to the benchmark of the GPU: memory of the device, pinned memory, streams, events.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace plotmill::bench {

inline void require(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

enum class Where { device, pinned };

/// `n` elements in the device's memory, or in memory of the host that the device copies to and from by itself.
template <class T, Where where>
class GpuMemory {
 public:
  explicit GpuMemory(std::size_t n) : n_(n) {
    const std::size_t n_bytes = std::max<std::size_t>(n * sizeof(T), 1);
    if constexpr (where == Where::device) {
      require(cudaMalloc(&data_, n_bytes), "allocating device memory");
    } else {
      require(cudaMallocHost(&data_, n_bytes), "allocating pinned memory");
    }
  }
  GpuMemory(const GpuMemory&) = delete;
  GpuMemory& operator=(const GpuMemory&) = delete;
  ~GpuMemory() { where == Where::device ? cudaFree(data_) : cudaFreeHost(data_); }

  [[nodiscard]] T* data() const { return static_cast<T*>(data_); }
  [[nodiscard]] std::size_t n_bytes() const { return n_ * sizeof(T); }

 private:
  std::size_t n_;
  void* data_ = nullptr;
};

template <class T>
using DeviceArray = GpuMemory<T, Where::device>;
template <class T>
using PinnedArray = GpuMemory<T, Where::pinned>;

class Stream {
 public:
  Stream() { require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }

  [[nodiscard]] cudaStream_t get() const { return stream_; }
  void wait() const { require(cudaStreamSynchronize(stream_), "waiting for a stream"); }
  /// Puts in a copy of n bytes, in whatever direction.
  void copy(void* to, const void* from, std::size_t n_bytes) const {
    require(cudaMemcpyAsync(to, from, n_bytes, cudaMemcpyDefault, stream_), "copying");
  }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A moment in a stream.
class Event {
 public:
  Event() { require(cudaEventCreate(&event_), "making an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }

  void record(const Stream& stream) const { require(cudaEventRecord(event_, stream.get()), "recording an event"); }
  /// Both have happened.
  [[nodiscard]] double seconds_since(const Event& begin) const {
    float milliseconds = 0;
    require(cudaEventElapsedTime(&milliseconds, begin.event_, event_), "reading an event");
    return static_cast<double>(milliseconds) / 1000;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace plotmill::bench
