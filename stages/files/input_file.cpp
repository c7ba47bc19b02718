// A file to read, with errors that name it.
#include "stages/files/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "plotmill/error.hpp"
#include "stages/files/data_hash.hpp"

namespace plotmill {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

// Calls `read_some(done)` until the buffer is full or the file ends.
template <typename ReadSome>
std::size_t read_all(const std::string& path, std::size_t n_bytes, ReadSome read_some) {
  std::size_t done = 0;
  while (done < n_bytes) {
    const ssize_t n = read_some(done);
    if (n == 0) break;
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      throw Error(ErrorKind::io, path, "cannot be read: " + reason(errno));
    }
  }
  return done;
}

}  // namespace

void InputFile::open_regular(const std::string& path) {
  open(path, nullptr);
  (void)size();
}

void InputFile::open(const std::string& path, std::shared_ptr<Pulse> pulse) {
  close();
  path_ = path;
  // To open a pipe would wait for somebody who writes to it.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    const int code = errno;
    const bool missing = code == ENOENT || code == ENOTDIR;
    throw Error(missing ? ErrorKind::input : ErrorKind::io, path, "cannot be opened: " + reason(code));
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::input, path, "cannot be read: " + reason(EISDIR) + "; a file is expected");
  }
  const bool is_regular = S_ISREG(status.st_mode);
  opened_size_ = is_regular ? static_cast<std::uint64_t>(status.st_size) : 0;
  pulse_ = is_regular ? nullptr : std::move(pulse);
  // From here on read() waits itself.
  (void)::fcntl(descriptor_, F_SETFL, O_RDONLY);
  use_ = FileUse::reading(path);
}

void InputFile::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  use_.release();
}

std::uint64_t InputFile::size() const {
  if (const auto size = size_if_regular()) return *size;
  throw Error(ErrorKind::input, path_, "is not a regular file, which is needed here");
}

std::optional<std::uint64_t> InputFile::size_if_regular() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw Error(ErrorKind::io, path_, "cannot be read: " + reason(errno));
  if (!S_ISREG(status.st_mode)) return {};
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<std::string> InputFile::identity() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw Error(ErrorKind::io, path_, "cannot be read: " + reason(errno));
  if (!S_ISREG(status.st_mode)) return {};
  constexpr std::size_t most = std::size_t{64} << 10U;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::vector<char> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, most)));
  const auto hash_at = [&](std::uint64_t offset) {
    const std::size_t n = read_at(offset, bytes);
    return hash_text(std::as_bytes(std::span(bytes).first(n)));
  };
  const std::string head = hash_at(0);
  const std::string tail = hash_at(size - bytes.size());
  return fmt::format("{} bytes, changed {}.{:09} s after 1970, begins {}, ends {}", size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, head, tail);
}

void InputFile::check_not_cut() const {
  if (size_if_regular().value_or(opened_size_) >= opened_size_) return;
  throw Error(ErrorKind::input, path_, "became shorter while it was read");
}

// Whoever writes to a pipe may be silent for ever, and the run be cancelled meanwhile.
void InputFile::wait_for_input() const {
  constexpr int milliseconds = 50;
  struct pollfd input {
    descriptor_, POLLIN, 0
  };
  for (;;) {
    const int n = ::poll(&input, 1, milliseconds);
    // Whatever else there is to tell, read() tells.
    if (n > 0 || (n < 0 && errno != EINTR)) return;
    if (pulse_->is_stopped()) throw Error(ErrorKind::cancelled, path_, "cancelled while waiting for input");
  }
}

std::size_t InputFile::read(std::span<char> out) {
  const std::size_t n = read_all(path_, out.size(), [&](std::size_t done) {
    if (pulse_) wait_for_input();
    return ::read(descriptor_, out.data() + done, out.size() - done);
  });
  // Its end would look like the end of the input.
  if (n < out.size()) check_not_cut();
  return n;
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<char> out) {
  return read_all(path_, out.size(), [&](std::size_t done) {
    return ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
  });
}

}  // namespace plotmill
