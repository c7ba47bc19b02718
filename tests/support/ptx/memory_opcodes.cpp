// Loads, stores and atomic operations.
#include <algorithm>
#include <bit>
#include <cstring>

#include "support/ptx/compute.hpp"
#include "support/ptx/memory.hpp"

namespace plotmill::test::ptx {
namespace {

/// Calls visit(lane) for each lane that is active.
template <class Visit>
void for_lanes(std::uint32_t active, Visit visit) {
  for (; active != 0; active &= active - 1) visit(static_cast<std::uint32_t>(std::countr_zero(active)));
}

/// The address that operand `at` means for a lane.
template <Memory Memories::*space>
std::uint64_t address_of(Warp& warp, const Instruction& instruction, std::size_t at, std::uint32_t lane) {
  const std::uint32_t base = instruction.registers[at];
  const std::uint64_t from = instruction.wide_address ? warp.words<std::uint64_t>(base)[lane]
                                                      : std::uint64_t{warp.words<std::uint32_t>(base)[lane]};
  const std::uint64_t own = space == &Memories::local ? (warp.first_thread + lane) * local_stride : 0;
  return from + instruction.offset + own;
}

/// `n` values of T, one behind the other; a register that is wider is filled with zeros, or with the sign.
template <class T, std::size_t n, Memory Memories::*space>
void load(Warp& warp, Memories& memories, const Instruction& instruction, std::uint32_t active) {
  for_lanes(active, [&](std::uint32_t lane) {
    const std::byte* const bytes =
        (memories.*space).read(address_of<space>(warp, instruction, n, lane), n * sizeof(T), warp.first_thread + lane);
    for (std::size_t i = 0; i < n; ++i) {
      T value;
      std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
      const std::uint32_t to = instruction.registers[i];
      if (instruction.wide_data) {
        warp.words<std::uint64_t>(to)[lane] = static_cast<std::uint64_t>(value);
      } else {
        warp.words<std::uint32_t>(to)[lane] = static_cast<std::uint32_t>(value);
      }
    }
  });
}

template <class T, std::size_t n, Memory Memories::*space>
void store(Warp& warp, Memories& memories, const Instruction& instruction, std::uint32_t active) {
  for_lanes(active, [&](std::uint32_t lane) {
    std::byte* const bytes =
        (memories.*space).write(address_of<space>(warp, instruction, 0, lane), n * sizeof(T), warp.first_thread + lane);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t from = instruction.registers[i + 1];
      const T value = instruction.wide_data ? static_cast<T>(warp.words<std::uint64_t>(from)[lane])
                                            : static_cast<T>(warp.words<std::uint32_t>(from)[lane]);
      std::memcpy(bytes + i * sizeof(T), &value, sizeof(T));
    }
  });
}

template <class Combine, Memory Memories::*space>
void combine_atomically(Warp& warp, Memories& memories, const Instruction& instruction, std::uint32_t active) {
  for_lanes(active, [&](std::uint32_t lane) {
    std::byte* const bytes =
        (memories.*space)
            .update(address_of<space>(warp, instruction, 1, lane), sizeof(std::uint32_t), warp.first_thread + lane);
    std::uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof(value));
    const std::uint32_t combined = Combine{}(value, warp.words<std::uint32_t>(instruction.registers[2])[lane]);
    std::memcpy(bytes, &combined, sizeof(value));
    warp.words<std::uint32_t>(instruction.registers[0])[lane] = value;
  });
}

template <class T, std::size_t n, Memory Memories::*space>
void add_vector(OpcodeTable& table, const std::string& ending, bool may_store) {
  const std::vector<Slot> data(n, Slot::data);
  std::vector<Slot> from{data};
  from.push_back(Slot::address);
  table["ld." + ending] = {Effect::compute, &load<T, n, space>, from};
  if (!may_store) return;
  std::vector<Slot> to{Slot::address};
  to.insert(to.end(), data.begin(), data.end());
  table["st." + ending] = {Effect::compute, &store<T, n, space>, to};
}

template <Memory Memories::*space>
void add_space(OpcodeTable& table, const std::string& name, bool may_store) {
  const auto add_type = [&]<class T>(T, const std::string& type) {
    add_vector<T, 1, space>(table, name + "." + type, may_store);
    if constexpr (sizeof(T) >= 4) add_vector<T, 2, space>(table, name + ".v2." + type, may_store);
    if constexpr (sizeof(T) == 4) add_vector<T, 4, space>(table, name + ".v4." + type, may_store);
  };
  add_type(std::int8_t{}, "s8");
  add_type(std::int16_t{}, "s16");
  for (const std::string kind : {"u", "b"}) {
    add_type(std::uint8_t{}, kind + "8");
    add_type(std::uint16_t{}, kind + "16");
    add_type(std::uint32_t{}, kind + "32");
    add_type(std::uint64_t{}, kind + "64");
  }
  add_type(std::int32_t{}, "s32");
  add_type(std::int64_t{}, "s64");
  // Bits, whatever they mean.
  add_type(std::uint32_t{}, "f32");
  add_type(std::uint64_t{}, "f64");
}

template <Memory Memories::*space>
void add_atomics(OpcodeTable& table, const std::string& name) {
  const auto add = [&]<class Combine>(Combine, const std::string& ending) {
    table["atom." + name + "." + ending] = {
        Effect::compute, &combine_atomically<Combine, space>, {Slot::word32, Slot::address, Slot::word32}};
  };
  using u32 = std::uint32_t;
  add([](u32 a, u32 b) { return a | b; }, "or.b32");
  add([](u32 a, u32 b) { return a & b; }, "and.b32");
  add([](u32 a, u32 b) { return a + b; }, "add.u32");
  add([](u32 a, u32 b) { return std::min(a, b); }, "min.u32");
  add([](u32 a, u32 b) { return std::max(a, b); }, "max.u32");
}

}  // namespace

void add_memory_opcodes(OpcodeTable& table) {
  add_space<&Memories::global>(table, "global", true);
  add_space<&Memories::shared>(table, "shared", true);
  add_space<&Memories::local>(table, "local", true);
  add_space<&Memories::param>(table, "param", false);
  add_atomics<&Memories::global>(table, "global");
  add_atomics<&Memories::shared>(table, "shared");
}

}  // namespace plotmill::test::ptx
