// The log of PLOTMILL_FAULT_LOG: one entry after another, each a head of 48 bytes and then path, second path and data.
// Numbers are little-endian.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "layer.hpp"

namespace fault_layer {
namespace {

struct Head {
  std::uint32_t magic = 0x504f4d50;  // "PMOP"
  Change change = Change::unknown;
  std::uint64_t number = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::uint32_t n_path = 0;
  std::uint32_t n_second_path = 0;
  std::uint64_t n_data = 0;
};
static_assert(sizeof(Head) == 48);

int log_file = -1;
std::uint64_t n_entries = 0;

std::recursive_mutex& mutex() {
  static auto* const all = new std::recursive_mutex;
  return *all;
}

[[gnu::constructor]] void begin() {
  const Inside own;
  const char* const path = std::getenv("PLOTMILL_FAULT_LOG");
  if (path == nullptr) return;
  log_file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  // Out of the way of a program that looks which numbers are free.
  if (const int higher = ::fcntl(log_file, F_DUPFD_CLOEXEC, 200); higher >= 0) {
    ::close(log_file);
    log_file = higher;
  }
  if (log_file >= 0) return;
  std::fprintf(stderr, "fault layer: %s cannot be written\n", path);
  std::_Exit(99);
}

}  // namespace

bool recording() noexcept { return log_file >= 0; }

std::unique_lock<std::recursive_mutex> recording_lock() {
  return recording() ? std::unique_lock(mutex()) : std::unique_lock<std::recursive_mutex>();
}

void record(const Entry& entry) {
  if (!recording()) return;
  Head head{.change = entry.change,
            .number = n_entries++,
            .inode = entry.inode,
            .offset = entry.offset,
            .n_path = static_cast<std::uint32_t>(entry.path.size()),
            .n_second_path = static_cast<std::uint32_t>(entry.second_path.size()),
            .n_data = entry.data.size()};
  const auto part = [](std::string_view text) { return iovec{const_cast<char*>(text.data()), text.size()}; };
  const std::array<iovec, 4> parts{iovec{&head, sizeof head}, part(entry.path), part(entry.second_path),
                                   part(entry.data)};
  std::size_t n_bytes = 0;
  for (const iovec& each : parts) n_bytes += each.iov_len;
  if (::writev(log_file, parts.data(), parts.size()) == static_cast<ssize_t>(n_bytes)) return;
  std::fputs("fault layer: the log cannot be written\n", stderr);
  std::_Exit(99);
}

}  // namespace fault_layer
