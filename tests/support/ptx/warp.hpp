// The registers of a warp's 32 threads, and how a value of a type lies in one.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace plotmill::test::ptx {

inline constexpr std::uint32_t warp_size = 32;
inline constexpr std::uint32_t all_lanes = 0xFFFFFFFF;

/// What a register of 64 bits holds, or one of fewer.
template <class T>
using Word = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T>
[[nodiscard]] constexpr T from_word(Word<T> word) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<T>(word);
  } else {
    return static_cast<T>(word);
  }
}

template <class T>
[[nodiscard]] constexpr Word<T> to_word(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<Word<T>>(value);
  } else {
    return static_cast<std::make_unsigned_t<T>>(value);
  }
}

/// The words of a register lie side by side, one for each lane; a predicate is a mask of the lanes where it is true.
struct Warp {
  std::vector<std::uint32_t> words32;
  std::vector<std::uint64_t> words64;
  std::vector<std::uint32_t> predicates;
  std::uint32_t first_thread = 0;

  template <class T>
  [[nodiscard]] Word<T>* words(std::uint32_t index) {
    if constexpr (sizeof(T) == 8) {
      return words64.data() + std::size_t{index} * warp_size;
    } else {
      return words32.data() + std::size_t{index} * warp_size;
    }
  }
};

}  // namespace plotmill::test::ptx
