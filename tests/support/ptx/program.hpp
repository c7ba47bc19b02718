// A kernel made ready to be executed: names become indices, constants registers.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/ptx/instruction.hpp"
#include "support/ptx/module.hpp"

namespace plotmill::test::ptx {

/// A variable with its address in its space.
struct Placed {
  Variable variable;
  std::uint64_t address;
};

/// What each thread has in a register that it does not write.
enum class Special : std::uint8_t { tid, ntid, ctaid, nctaid };

struct Program {
  Kernel kernel;
  std::vector<Placed> params, shared, local;
  std::uint64_t dynamic_shared_address;
  std::uint32_t n_words32, n_words64, n_predicates;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> constants32, constants64;  ///< (register, value)
  std::vector<std::pair<std::uint32_t, bool>> constant_predicates;
  std::vector<std::pair<std::uint32_t, Special>> specials;
  std::vector<Instruction> code;  ///< One for each statement, and an end.
};

/// Throws Fault, with the line, where a statement has an opcode or an operand that is not known.
[[nodiscard]] Program make_program(const Module& module, const Kernel& kernel);

}  // namespace plotmill::test::ptx
