// Whether a zlib stream (RFC 1950) is whole: inflates it, checks its Adler-32, and keeps nothing of what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct inflate_state;

namespace plotmill::kernels {

/// One thread at a time. Keeps what it has allocated for the next stream.
class InflateCheck {
 public:
  InflateCheck();
  InflateCheck(InflateCheck&&) noexcept;
  InflateCheck& operator=(InflateCheck&&) noexcept;
  ~InflateCheck();

  /// What is wrong with a stream that should hold exactly `n_bytes`, as a sentence; null if nothing is.
  [[nodiscard]] const char* fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes);

 private:
  std::unique_ptr<inflate_state> state_;
  std::vector<std::uint8_t> window_;
};

}  // namespace plotmill::kernels
