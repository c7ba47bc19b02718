// Calls on an open file: read, write, truncate, sync, close.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "layer.hpp"

using namespace fault_layer;

namespace {

bool passes() noexcept { return !ready() || Inside::now(); }

// Where write() would write.
std::uint64_t position_of(int file) noexcept {
  if ((::fcntl(file, F_GETFL) & O_APPEND) == 0) return static_cast<std::uint64_t>(::lseek(file, 0, SEEK_CUR));
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// call(n) does it with n bytes.
template <class Call>
ssize_t write_with(const char* function, int file, const void* data, std::size_t n, std::optional<off_t> offset,
                   Call call) {
  if (passes()) return call(n);
  const Inside own;
  const std::string path = path_of(file);
  if (path.empty()) return call(n);
  const Verdict verdict = judge("write", function, path, n);
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  const auto lock = recording_lock();
  const std::uint64_t position = offset ? static_cast<std::uint64_t>(*offset) : position_of(file);
  const ssize_t done = call(std::min(n, verdict.at_most));
  if (done > 0) {
    const int error = errno;
    record({.change = Change::write,
            .inode = inode_of(file),
            .offset = position,
            .path = path,
            .data = {static_cast<const char*>(data), static_cast<std::size_t>(done)}});
    errno = error;
  }
  verdict.end();
  return done;
}

template <class Call>
ssize_t read_with(const char* function, int file, std::size_t n, Call call) {
  if (passes()) return call(n);
  Verdict verdict;
  {
    const Inside own;
    const std::string path = path_of(file);
    if (!path.empty()) verdict = judge("read", function, path, n);
  }
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  return call(std::min(n, verdict.at_most));
}

// call() gives 0 where it went well; then `entry` is recorded.
template <class Call>
int other(const char* group, const char* function, int file, Entry entry, Call call) {
  if (passes()) return call();
  const Inside own;
  const std::string path = path_of(file);
  if (path.empty()) return call();
  if (const Verdict verdict = judge(group, function, path); verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  const auto lock = recording_lock();
  entry.inode = inode_of(file);
  entry.path = path;
  const int result = call();
  const int error = errno;
  if (result == 0) record(entry);
  errno = error;
  return result;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, std::size_t n) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
  return write_with("write", file, data, n, {}, [&](std::size_t some) { return real(file, data, some); });
}

ssize_t pwrite(int file, const void* data, std::size_t n, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  return write_with("pwrite", file, data, n, offset, [&](std::size_t some) { return real(file, data, some, offset); });
}

ssize_t pwrite64(int file, const void* data, std::size_t n, off64_t offset) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  return write_with("pwrite64", file, data, n, offset,
                    [&](std::size_t some) { return real(file, data, some, offset); });
}

ssize_t writev(int file, const iovec* parts, int n_parts) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  if (passes()) return real(file, parts, n_parts);
  std::string data;
  {
    const Inside own;
    if (path_of(file).empty()) return real(file, parts, n_parts);
    for (int i = 0; i < n_parts; ++i) data.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return ::write(file, data.data(), data.size());
}

ssize_t read(int file, void* data, std::size_t n) {
  static auto* const real = next<ssize_t(int, void*, std::size_t)>("read");
  return read_with("read", file, n, [&](std::size_t some) { return real(file, data, some); });
}

ssize_t pread(int file, void* data, std::size_t n, off_t offset) {
  static auto* const real = next<ssize_t(int, void*, std::size_t, off_t)>("pread");
  return read_with("pread", file, n, [&](std::size_t some) { return real(file, data, some, offset); });
}

ssize_t pread64(int file, void* data, std::size_t n, off64_t offset) {
  static auto* const real = next<ssize_t(int, void*, std::size_t, off64_t)>("pread64");
  return read_with("pread64", file, n, [&](std::size_t some) { return real(file, data, some, offset); });
}

int ftruncate(int file, off_t size) noexcept {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  const Entry entry{.change = Change::truncate, .offset = static_cast<std::uint64_t>(size)};
  return other("truncate", "ftruncate", file, entry, [&] { return real(file, size); });
}

int ftruncate64(int file, off64_t size) noexcept {
  static auto* const real = next<int(int, off64_t)>("ftruncate64");
  const Entry entry{.change = Change::truncate, .offset = static_cast<std::uint64_t>(size)};
  return other("truncate", "ftruncate64", file, entry, [&] { return real(file, size); });
}

// What posix_fallocate() changes for a reader is the size alone. The log has none of fallocate()'s other modes.
int fallocate(int file, int mode, off_t offset, off_t size) {
  static auto* const real = next<int(int, int, off_t, off_t)>("fallocate");
  return other("write", "fallocate", file, {}, [&] { return real(file, mode, offset, size); });
}

int posix_fallocate(int file, off_t offset, off_t size) {
  static auto* const real = next<int(int, off_t, off_t)>("posix_fallocate");
  return other("write", "posix_fallocate", file, {}, [&] { return real(file, offset, size); });
}

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  return other("sync", "fsync", file, {.change = Change::sync}, [&] { return real(file); });
}

int fdatasync(int file) {
  static auto* const real = next<int(int)>("fdatasync");
  return other("sync", "fdatasync", file, {.change = Change::sync}, [&] { return real(file); });
}

int syncfs(int file) noexcept {
  static auto* const real = next<int(int)>("syncfs");
  return other("sync", "syncfs", file, {.change = Change::sync_all}, [&] { return real(file); });
}

int close(int file) {
  static auto* const real = next<int(int)>("close");
  if (passes()) return real(file);
  Verdict verdict;
  {
    const Inside own;
    const std::string path = path_of(file);
    if (!path.empty()) verdict = judge("close", "close", path);
  }
  // As with a real one, the number is free afterwards.
  const int result = real(file);
  if (verdict.error == 0) return result;
  errno = verdict.error;
  return -1;
}

}  // extern "C"
