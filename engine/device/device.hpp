// A device that draws, and what a run holds of it: memory and streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "plotmill/device_queue.hpp"
#include "plotmill/error.hpp"

namespace plotmill {

enum class MemoryKind {
  device,
  pinned,  ///< Host memory that a device reads and writes by itself.
};

/// Work in order. One thread at a time puts work in; none of the functions but the destructor waits for any of it.
class DeviceStream {
 public:
  DeviceStream() = default;
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;
  /// Waits for all work.
  virtual ~DeviceStream() = default;

  /// Copies n bytes of pinned memory to device memory, or back. Both are left alone until then().
  virtual void copy_in(std::byte* device, const std::byte* pinned, std::uint64_t n) = 0;
  virtual void copy_out(std::byte* pinned, const std::byte* device, std::uint64_t n) = 0;

  /// Calls `put_in` with the queue of this stream, on a thread for which the stream's device is the current one: now,
  /// or when the stream has come to it. What it throws is thrown here, or comes out of then().
  virtual void submit(const std::function<void(const DeviceQueue&)>& put_in) = 0;

  /// Calls `done` once everything before it is done or has failed: the error, if any. On a thread that must not call
  /// the device. What `done` refers to is left alone until then.
  virtual void then(std::function<void(const std::optional<Error>&)> done) = 0;
};

/// Any thread.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  [[nodiscard]] virtual std::string name() const = 0;         ///< "cuda:0"
  [[nodiscard]] virtual std::string description() const = 0;  ///< "NVIDIA H200, 132 SMs, 139 GiB"
  [[nodiscard]] virtual std::uint64_t free_bytes() const = 0;
  [[nodiscard]] virtual std::unique_ptr<DeviceStream> make_stream(const std::string& name) = 0;

  /// Aligned to 256 bytes. Throws Error (out_of_memory), also where pinned memory is refused; Error (device).
  [[nodiscard]] virtual std::byte* allocate(MemoryKind kind, std::uint64_t n_bytes) = 0;
  virtual void free(MemoryKind kind, std::byte* memory) noexcept = 0;
};

/// Owns memory of a device. Move-only; the device outlives it.
class DeviceBuffer {
 public:
  DeviceBuffer(Device& device, MemoryKind kind) : device_(&device), kind_(kind) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : device_(other.device_),
        kind_(other.kind_),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(kind_, other.kind_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~DeviceBuffer() { release(); }

  /// Makes room for n bytes; what it held is lost where it has to grow. No work that uses it may be under way. Throws
  /// as allocate(); then it holds nothing.
  void make_room(std::uint64_t n_bytes) {
    if (n_bytes <= size_) return;
    release();
    data_ = device_->allocate(kind_, n_bytes);
    size_ = n_bytes;
  }

  /// Gives the memory back. No work that uses it may be under way.
  void release() noexcept {
    if (data_ != nullptr) device_->free(kind_, std::exchange(data_, nullptr));
    size_ = 0;
  }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  Device* device_;
  MemoryKind kind_;
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace plotmill
