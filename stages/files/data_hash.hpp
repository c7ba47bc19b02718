// The hash by which stored data are known again: XXH3 with 128 bits, as `xxhsum -H2` prints it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct XXH3_state_s;

namespace plotmill {

/// 32 hexadecimal digits.
[[nodiscard]] std::string hash_text(std::span<const std::byte> bytes);

/// Hashes bytes that come in pieces. Movable; of one thread at a time.
class DataHash {
 public:
  DataHash();
  void add(std::span<const std::byte> bytes) noexcept;

  /// The hash of all that was added, as hash_text() has it.
  [[nodiscard]] std::string text() const;

  /// Begins anew.
  void clear() noexcept;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const noexcept;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace plotmill
