// How much a zlib stream holds, found out before anything makes room for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace plotmill::kernels {

/// Measures one stream after another. One thread at a time. Allocates only when it is made.
class InflatedSize {
 public:
  InflatedSize();
  ~InflatedSize();

  /// Bytes that a whole zlib stream (RFC 1950) inflates to. Nothing where it is damaged, ends early or gives more than
  /// `most` bytes. Of what it gives only the first bytes are kept, as many as `front` has room for; what follows the
  /// stream is not looked at.
  [[nodiscard]] std::optional<std::uint64_t> of(std::span<const std::uint8_t> stream, std::uint64_t most,
                                                std::span<std::uint8_t> front = {});

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace plotmill::kernels
