// What decides the order of execution, shuffles between lanes, and the table of all opcodes.
#include "support/ptx/compute.hpp"
#include "support/ptx/fault.hpp"

namespace plotmill::test::ptx {
namespace {

/// From which lane `lane` gets a word: Mode{}(lane, distance), where it is not beyond the end of its segment.
template <class Mode>
void shuffle(Warp& warp, Memories&, const Instruction& instruction, std::uint32_t active) {
  // d | p, a, b: distance, c: where segments end, members.
  const auto words = [&](std::size_t operand) { return warp.words<std::uint32_t>(instruction.registers[operand]); };
  std::array<std::uint32_t, warp_size> result;
  std::uint32_t inside = 0;
  for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
    if ((active >> lane & 1U) == 0) continue;
    const std::uint32_t distance = words(3)[lane] & 31U;
    const std::uint32_t clamp = words(4)[lane] & 31U;
    const std::uint32_t segment = words(4)[lane] >> 8U & 31U;
    const Mode mode{lane, distance, lane & segment, (lane & segment) | (clamp & ~segment)};
    const std::uint32_t from = mode.is_inside() ? mode.from() : lane;
    if (mode.is_inside()) inside |= 1U << lane;
    if ((active >> (from & 31U) & 1U) == 0) {
      throw Fault("lane " + std::to_string(lane) + " shuffles with lane " + std::to_string(from) + ", no member");
    }
    result[lane] = words(2)[from & 31U];
  }
  for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
    if ((active >> lane & 1U) != 0) words(0)[lane] = result[lane];
  }
  std::uint32_t& predicate = warp.predicates[instruction.registers[1]];
  predicate = (predicate & ~active) | inside;
}

/// Where a lane stands in its segment, whose lanes are first..limit (for `up`, limit is the first).
struct Place {
  std::uint32_t lane, distance, first, limit;
};
struct Up : Place {
  [[nodiscard]] std::uint32_t from() const { return lane - distance; }
  [[nodiscard]] bool is_inside() const { return lane >= limit + distance; }
};
struct Down : Place {
  [[nodiscard]] std::uint32_t from() const { return lane + distance; }
  [[nodiscard]] bool is_inside() const { return from() <= limit; }
};
struct Butterfly : Place {
  [[nodiscard]] std::uint32_t from() const { return lane ^ distance; }
  [[nodiscard]] bool is_inside() const { return from() <= limit; }
};

template <class Mode>
void add_shuffle(OpcodeTable& table, const std::string& mode) {
  table["shfl.sync." + mode + ".b32"] = {
      Effect::shuffle,
      &shuffle<Mode>,
      {Slot::word32, Slot::predicate, Slot::word32, Slot::word32, Slot::word32, Slot::word32}};
}

OpcodeTable whole_table() {
  OpcodeTable table;
  add_integer_opcodes(table);
  add_float_opcodes(table);
  add_comparison_opcodes(table);
  add_conversion_opcodes(table);
  add_memory_opcodes(table);
  add_control_opcodes(table);
  return table;
}

}  // namespace

void add_control_opcodes(OpcodeTable& table) {
  table["bra"] = table["bra.uni"] = {Effect::branch, nullptr, {Slot::label}};
  table["bar.sync"] = {Effect::barrier, nullptr, {Slot::barrier_0}};
  table["ret"] = table["exit"] = {Effect::end, nullptr, {}};
  add_shuffle<Up>(table, "up");
  add_shuffle<Down>(table, "down");
  add_shuffle<Butterfly>(table, "bfly");
}

const OpcodeTable& opcode_table() {
  static const OpcodeTable table = whole_table();
  return table;
}

}  // namespace plotmill::test::ptx
