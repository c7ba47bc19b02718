// What the interpreter knows of each opcode, and an instruction made ready to be executed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace plotmill::test::ptx {

struct Warp;
struct Memories;
struct Instruction;

/// Does the instruction for the lanes of a mask, which is not 0.
using Execute = void (*)(Warp& warp, Memories& memories, const Instruction& instruction, std::uint32_t active);

/// What an instruction means for the order of execution; `shuffle` waits for its lanes and then computes.
enum class Effect : std::uint8_t { compute, branch, barrier, shuffle, end };

/// What an operand must be. `data` is a register of any width, `barrier_0` the one barrier that there is.
enum class Slot : std::uint8_t { word32, word64, predicate, data, address, label, barrier_0 };

struct Opcode {
  Effect effect;
  Execute execute;  ///< Null where the effect is all.
  std::vector<Slot> slots;
};
using OpcodeTable = std::unordered_map<std::string, Opcode>;

/// Every opcode with all its modifiers, as PTX spells it. None is here that rounds in another way than IEEE 754 has it,
/// flushes denormal numbers, or leaves it to the assembler to contract a product and a sum.
[[nodiscard]] const OpcodeTable& opcode_table();

void add_integer_opcodes(OpcodeTable& table);
void add_float_opcodes(OpcodeTable& table);
void add_comparison_opcodes(OpcodeTable& table);
void add_conversion_opcodes(OpcodeTable& table);
void add_memory_opcodes(OpcodeTable& table);
void add_control_opcodes(OpcodeTable& table);

struct Instruction {
  Execute execute;
  Effect effect;
  bool has_guard, guard_negated;
  bool wide_data, wide_address;            ///< Whether these operands are registers of 64 bits.
  std::uint32_t guard;                     ///< Index of a predicate.
  std::uint32_t target;                    ///< Index of the instruction that a branch goes to.
  std::array<std::uint32_t, 6> registers;  ///< Indices, in the order of the operands; constants have registers, too.
  std::uint64_t offset;                    ///< Added to an address, modulo 2^64.
};

}  // namespace plotmill::test::ptx
