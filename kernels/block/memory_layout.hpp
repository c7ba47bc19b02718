// Several arrays in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace plotmill::kernels {

/// Puts arrays one behind the other, each aligned. Offsets in bytes.
class MemoryLayout {
 public:
  explicit MemoryLayout(std::uint64_t alignment) : alignment_(alignment) {}

  std::uint64_t add(std::uint64_t n, std::size_t element_bytes) {
    const std::uint64_t at = n_bytes_;
    n_bytes_ = (at + n * element_bytes + alignment_ - 1) / alignment_ * alignment_;
    return at;
  }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }

 private:
  std::uint64_t alignment_;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace plotmill::kernels
