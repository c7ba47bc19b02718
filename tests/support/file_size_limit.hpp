// Writing fails as on a full disk, with another number: "File too large".
#pragma once

#include <sys/resource.h>

#include <csignal>
#include <cstdint>

namespace plotmill::test {

/// While it lives, no file of this process grows beyond, or is written behind, so many bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t n_bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{n_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace plotmill::test
