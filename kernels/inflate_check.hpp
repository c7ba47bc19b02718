// Whether a zlib stream (RFC 1950) is whole: inflates it and checks its Adler-32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct libdeflate_decompressor;

namespace plotmill::kernels {

/// One thread at a time. Keeps what it has allocated for the next stream.
class InflateCheck {
 public:
  InflateCheck();

  /// What is wrong with a stream that should hold exactly `n_bytes`, as a sentence; null if nothing is. A stream counts
  /// as damaged where zlib, by which other programs will read it, says so.
  [[nodiscard]] const char* fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const noexcept;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace plotmill::kernels
