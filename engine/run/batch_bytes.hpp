// What the parts of a batch take of memory.
#pragma once

#include <cstdint>

#include "plotmill/stage.hpp"

namespace plotmill {

template <class T>
std::uint64_t room_of(const std::vector<T>& values) noexcept {
  return values.capacity() * sizeof(T);
}

/// What they hold, with what they keep for more.
inline std::uint64_t held_bytes(const Sequences& series) noexcept {
  return room_of(series.values) + room_of(series.sources);
}
inline std::uint64_t held_bytes(const Ink& ink) noexcept {
  return room_of(ink.row_begin) + room_of(ink.runs) + room_of(ink.coverage) + room_of(ink.coverage_begin);
}
inline std::uint64_t held_bytes(const Encoded& encoded) noexcept {
  return room_of(encoded.bytes) + room_of(encoded.begin);
}

/// Of an image with so much ink.
inline std::uint64_t ink_bytes(const ImageShape& shape, InkSize size) noexcept {
  return shape.height * sizeof(std::uint32_t) + sizeof(std::size_t) + size.n_runs * sizeof(Run) + size.n_ink;
}

/// Of all images that are in it.
inline std::uint64_t ink_bytes(const Ink& ink) noexcept {
  return ink.row_begin.size() * sizeof(std::uint32_t) + ink.coverage_begin.size() * sizeof(std::size_t) +
         ink.runs.size() * sizeof(Run) + ink.coverage.size();
}

}  // namespace plotmill
