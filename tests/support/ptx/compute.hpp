// Makes an opcode of a function of one lane's values.
#pragma once

#include <array>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "support/ptx/instruction.hpp"
#include "support/ptx/warp.hpp"

namespace plotmill::test::ptx {

template <class T>
inline constexpr Slot slot_of = std::is_same_v<T, bool> ? Slot::predicate
                                : sizeof(T) == 8        ? Slot::word64
                                                        : Slot::word32;

/// An operand that is read; a bool is a predicate.
template <class T>
struct Source {
  const Word<T>* words;
  Source(Warp& warp, std::uint32_t index) : words(warp.words<T>(index)) {}
  [[nodiscard]] T operator[](std::uint32_t lane) const { return from_word<T>(words[lane]); }
};
template <>
struct Source<bool> {
  std::uint32_t mask;
  Source(Warp& warp, std::uint32_t index) : mask(warp.predicates[index]) {}
  [[nodiscard]] bool operator[](std::uint32_t lane) const { return (mask >> lane & 1U) != 0; }
};

/// All lanes are computed, which g++ makes vectors of, and those that are active are kept.
template <class Function, class Result, class... Sources>
void compute(Warp& warp, Memories&, const Instruction& instruction, std::uint32_t active) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    const auto value = [&, sources = std::tuple(Source<Sources>(warp, instruction.registers[i + 1])...)](
                           std::uint32_t lane) { return Function{}(std::get<i>(sources)[lane]...); };
    if constexpr (std::is_same_v<Result, bool>) {
      std::uint32_t mask = 0;
      for (std::uint32_t lane = 0; lane < warp_size; ++lane) mask |= static_cast<std::uint32_t>(value(lane)) << lane;
      std::uint32_t& result = warp.predicates[instruction.registers[0]];
      result = (result & ~active) | (mask & active);
    } else {
      std::array<Word<Result>, warp_size> words;
      for (std::uint32_t lane = 0; lane < warp_size; ++lane) words[lane] = to_word<Result>(value(lane));
      Word<Result>* const result = warp.words<Result>(instruction.registers[0]);
      if (active == all_lanes) {
        std::memcpy(result, words.data(), sizeof(words));
      } else {
        for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
          result[lane] = (active >> lane & 1U) != 0 ? words[lane] : result[lane];
        }
      }
    }
  }
  (std::index_sequence_for<Sources...>{});
}

/// add<Result, Sources...>(table, name, function), where function is a lambda without captures.
template <class Result, class... Sources, class Function>
void add(OpcodeTable& table, const std::string& name, Function) {
  table[name] = {Effect::compute, &compute<Function, Result, Sources...>, {slot_of<Result>, slot_of<Sources>...}};
}

}  // namespace plotmill::test::ptx
