// What this process holds of the system, as /proc tells it.
#pragma once

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <thread>

namespace plotmill::test {

/// What each open file descriptor stands for: "/tmp/x.h5", "socket:[123]".
[[nodiscard]] inline std::map<std::string, std::string> open_descriptors() {
  std::map<std::string, std::string> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    // The one that reads this folder is gone by now.
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().find("/proc/") != 0) descriptors[entry.path().filename()] = target;
  }
  return descriptors;
}

[[nodiscard]] inline std::size_t n_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// The least that `measure` gives within a second, or the first value that is no more than `expected`: a thread that
/// has been joined may be listed, and what it held be counted, a moment longer.
template <class Measure>
[[nodiscard]] std::size_t settled(std::size_t expected, Measure measure) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  std::size_t least = measure();
  while (least > expected && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    least = std::min(least, measure());
  }
  return least;
}

/// Bytes of memory that are resident.
[[nodiscard]] inline std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t n_pages = 0;
  file >> n_pages >> n_pages;
  return n_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Bytes that malloc() has given out and free() has not had back, exactly where GLIBC_TUNABLES is
/// glibc.malloc.tcache_count=0: threads keep some of what is freed. Not of a sanitizer's malloc().
[[nodiscard]] inline std::size_t allocated_bytes() {
  const struct mallinfo2 use = ::mallinfo2();
  return use.uordblks + use.hblkhd;
}

/// Whether this is built with a sanitizer, which has its own malloc() and keeps what is freed.
inline constexpr bool has_sanitizer =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

}  // namespace plotmill::test
