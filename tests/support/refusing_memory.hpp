// Memory that is refused on purpose: operator new fails at the n-th piece that is asked for while a thread's switch is
// on. And memory that is counted: what all threads hold, and the most that they have held. A test program that links
// refusing_memory.cpp has all its memory from there.
#pragma once

#include <cstddef>
#include <cstdint>

namespace plotmill::test {

/// Switches this thread on while it lives, for pieces of at least so many bytes.
class CountedMemory {
 public:
  explicit CountedMemory(std::size_t at_least = 0) noexcept;
  ~CountedMemory();
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

 private:
  std::size_t before_;
};

/// The n-th piece from now on is refused, counted from 0 over all threads.
void refuse_memory(std::int64_t n) noexcept;
/// Nothing is refused any more. Returns whether anything was.
bool stop_refusing_memory() noexcept;

/// Bytes of the pieces that are held now.
[[nodiscard]] std::int64_t held_bytes() noexcept;
/// The most since watch_held_bytes(), which returns what is held then.
[[nodiscard]] std::int64_t most_held_bytes() noexcept;
std::int64_t watch_held_bytes() noexcept;

}  // namespace plotmill::test
