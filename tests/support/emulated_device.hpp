// A device that is no GPU: each stream is a thread that executes kernels on ordinary memory. It can be slow, have
// little memory, and fail.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>

#include "engine/device/source.hpp"

namespace plotmill::test {

/// What a test wants of its devices, and what became of them. Must outlive them.
struct DeviceScript {
  std::size_t n_devices = 1;
  std::uint64_t device_bytes = std::uint64_t{1} << 30U;  ///< Memory of each device.
  std::uint64_t told_free_bytes = std::uint64_t{1} << 30U;
  /// Called on a stream's thread with "submit", "copy in", "copy out" or "then" before each is done, with how often
  /// that came before. May sleep; what it throws is the device's failure.
  std::function<void(const std::string& step, std::uint64_t n)> on = [](const std::string&, std::uint64_t) {};

  std::atomic<std::uint64_t> n_submitted = 0, n_copied_in = 0, n_copied_out = 0, n_called = 0;
  std::atomic<int> n_busy = 0;  ///< Streams that execute something.
  std::atomic<int> most_busy = 0;
  std::atomic<std::int64_t> n_bytes = 0;     ///< Of memory of both kinds that is not freed.
  std::atomic<std::uint64_t> n_refused = 0;  ///< Allocations.
  std::atomic<std::uint64_t> n_allocations = 0;
};

class EmulatedStream final : public DeviceStream {
 public:
  explicit EmulatedStream(DeviceScript& script) : script_(script), thread_([this] { run(); }) {}
  ~EmulatedStream() override {
    {
      const std::lock_guard lock(mutex_);
      is_last_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void copy_in(std::byte* device, const std::byte* pinned, std::uint64_t n) override {
    put("copy in", script_.n_copied_in, [=] { std::copy_n(pinned, n, device); });
  }
  void copy_out(std::byte* pinned, const std::byte* device, std::uint64_t n) override {
    put("copy out", script_.n_copied_out, [=] { std::copy_n(device, n, pinned); });
  }
  void submit(const std::function<void(const DeviceQueue&)>& put_in) override {
    put("submit", script_.n_submitted, [=] { put_in({.on_host = true}); });
  }
  void then(std::function<void(const std::optional<Error>&)> done) override {
    enqueue([this, done = std::move(done)] {
      guarded("then", script_.n_called, [] {});
      done(failure_);
    });
  }

 private:
  template <class Work>
  void put(const char* step, std::atomic<std::uint64_t>& count, Work work) {
    enqueue([this, step, &count, work] { guarded(step, count, work); });
  }

  template <class Work>
  void guarded(const char* step, std::atomic<std::uint64_t>& count, const Work& work) {
    // As a GPU, which does nothing more once it has failed.
    if (failure_) return;
    const int busy = ++script_.n_busy;
    int most = script_.most_busy;
    while (most < busy && !script_.most_busy.compare_exchange_weak(most, busy)) {
    }
    try {
      script_.on(step, count++);
      work();
    } catch (const Error& error) {
      failure_ = error;
    }
    --script_.n_busy;
  }

  void enqueue(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    changed_.notify_one();
  }

  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_last_ || !work_.empty(); });
      if (work_.empty()) return;
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
    }
  }

  DeviceScript& script_;
  std::optional<Error> failure_;  // Of the thread alone.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool is_last_ = false;
  std::thread thread_;
};

class EmulatedDevice final : public Device {
 public:
  EmulatedDevice(DeviceScript& script, std::size_t number) : script_(script), number_(number) {}

  [[nodiscard]] std::string name() const override { return "cuda:" + std::to_string(number_); }
  [[nodiscard]] std::string description() const override { return "emulated " + std::to_string(number_); }
  [[nodiscard]] std::uint64_t free_bytes() const override { return script_.told_free_bytes; }
  [[nodiscard]] std::unique_ptr<DeviceStream> make_stream(const std::string&) override {
    return std::make_unique<EmulatedStream>(script_);
  }

  [[nodiscard]] std::byte* allocate(MemoryKind kind, std::uint64_t n_bytes) override {
    const std::lock_guard lock(mutex_);
    if (kind == MemoryKind::device && used_ + n_bytes > script_.device_bytes) {
      ++script_.n_refused;
      throw Error(ErrorKind::out_of_memory, "memory of the emulated device was refused");
    }
    auto* const memory = static_cast<std::byte*>(::operator new (n_bytes, std::align_val_t{256}));
    sizes_[memory] = n_bytes;
    if (kind == MemoryKind::device) used_ += n_bytes;
    ++script_.n_allocations;
    script_.n_bytes += static_cast<std::int64_t>(n_bytes);
    return memory;
  }

  void free(MemoryKind kind, std::byte* memory) noexcept override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t n_bytes = sizes_[memory];
    sizes_.erase(memory);
    if (kind == MemoryKind::device) used_ -= n_bytes;
    script_.n_bytes -= static_cast<std::int64_t>(n_bytes);
    ::operator delete (memory, std::align_val_t{256});
  }

 private:
  DeviceScript& script_;
  std::size_t number_;
  std::mutex mutex_;
  std::map<std::byte*, std::uint64_t> sizes_;
  std::uint64_t used_ = 0;
};

[[nodiscard]] inline DeviceSource emulated_devices(DeviceScript& script) {
  return {.find =
              [&] {
                return DeviceSource::Found{script.n_devices, "no device is emulated"};
              },
          .open = [&](std::size_t number) -> std::unique_ptr<Device> {
            return std::make_unique<EmulatedDevice>(script, number);
          }};
}

}  // namespace plotmill::test
