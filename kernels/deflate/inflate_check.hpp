// Whether a zlib stream (RFC 1950) is whole: inflates it and checks its Adler-32, and keeps nothing of what comes out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct z_stream_s;

namespace plotmill::kernels {

/// One thread at a time. Keeps what it has allocated for the next stream.
class InflateCheck {
 public:
  InflateCheck();

  /// What is wrong with a stream that should hold exactly `n_bytes`, as a sentence; null if nothing is.
  [[nodiscard]] const char* fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes);

 private:
  struct End {
    void operator()(z_stream_s* stream) const noexcept;
  };
  std::unique_ptr<z_stream_s, End> zlib_;
  std::vector<std::uint8_t> window_;
};

}  // namespace plotmill::kernels
