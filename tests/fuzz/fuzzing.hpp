// What the fuzzers share. A finding is a crash, a report of a sanitizer, an exception other than plotmill::Error, a
// broken promise, too much memory, or an input that takes more than a second.
#pragma once

#include <fcntl.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>

namespace plotmill::fuzz {

/// Ends the program where a promise is broken.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "BROKEN: %s\n", promise);
  __sanitizer_print_stack_trace();
  std::abort();
}

/// One of these, as the input has it.
template <typename Value, std::size_t n>
[[nodiscard]] Value pick(FuzzedDataProvider& input, const Value (&values)[n]) {
  return input.PickValueInArray(values);
}

/// A file of the process, under TMPDIR, where tools/fuzz has a folder in memory. It has a name of its own: HDF5 opens
/// none that the system cannot resolve, as that of a memfd.
class FuzzFile {
 public:
  FuzzFile() : path_(std::filesystem::temp_directory_path() / ("plotmill_fuzz_" + std::to_string(::getpid()))) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(descriptor_ >= 0, "the folder for temporary files can be written");
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;
  ~FuzzFile() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }

  /// These bytes and so many zeros, which take no memory.
  void fill(std::span<const std::uint8_t> bytes, std::uint64_t n_zeros = 0) const {
    require(::ftruncate(descriptor_, 0) == 0, "the file can be emptied");
    require(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "the file can be written");
    require(::ftruncate(descriptor_, static_cast<off_t>(bytes.size() + n_zeros)) == 0, "the file can grow");
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// Ends the program where what happens while it lives takes more than a second of a processor's time: a machine that
/// does other things as well makes no finding.
class TimeLimit {
 public:
  TimeLimit() = default;
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() { require(seconds() - start_ < 1, "an input takes less than a second"); }

 private:
  static double seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  double start_ = seconds();
};

/// While it lives, the process may hold so many bytes more than before, counted for each allocation, of C libraries as
/// well; one more and the program ends.
class AllocationLimit {
 public:
  explicit AllocationLimit(std::uint64_t most_bytes) {
    static const bool installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0;
    require(installed, "allocations can be counted");
    held() = 0;
    most() = static_cast<std::int64_t>(most_bytes);
  }
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;
  ~AllocationLimit() { most() = -1; }

 private:
  static std::atomic<std::int64_t>& held() {
    static std::atomic<std::int64_t> bytes{0};
    return bytes;
  }
  // -1: nothing is counted.
  static std::atomic<std::int64_t>& most() {
    static std::atomic<std::int64_t> bytes{-1};
    return bytes;
  }

  static void on_malloc(const volatile void*, std::size_t size) {
    const std::int64_t most_bytes = most();
    if (most_bytes < 0 || (held() += static_cast<std::int64_t>(size)) <= most_bytes) return;
    most() = -1;
    std::fprintf(stderr, "%lld bytes are held, %zu of them new; at most %lld may be\n", static_cast<long long>(held()),
                 size, static_cast<long long>(most_bytes));
    require(false, "memory stays within run.memory");
  }
  static void on_free(const volatile void* memory) {
    if (most() < 0 || memory == nullptr) return;
    held() -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(memory));
  }
};

}  // namespace plotmill::fuzz
