// Integers: arithmetic modulo 2^n, bits, moves and selection.
#include <algorithm>
#include <bit>
#include <limits>

#include "support/ptx/compute.hpp"

namespace plotmill::test::ptx {
namespace {

/// Arithmetic and shifts of one type; shifts are by 32 bits' worth of places, and all bits may be shifted out.
template <class T>
void add_integers(OpcodeTable& table, const std::string& type) {
  using Unsigned = std::make_unsigned_t<T>;
  constexpr unsigned n_bits = std::numeric_limits<Unsigned>::digits;
  const auto wrapped = [](auto value) { return static_cast<T>(static_cast<Unsigned>(value)); };
  using Wrapped = decltype(wrapped);
  // A product of two uint16 is computed as int, in which it need not fit.
  using Wide = std::common_type_t<Unsigned, unsigned>;
  add<T, T, T>(table, "add." + type, [](T a, T b) { return Wrapped{}(Wide(a) + Wide(b)); });
  add<T, T, T>(table, "sub." + type, [](T a, T b) { return Wrapped{}(Wide(a) - Wide(b)); });
  add<T, T, T>(table, "mul.lo." + type, [](T a, T b) { return Wrapped{}(Wide(a) * Wide(b)); });
  add<T, T, T, T>(table, "mad.lo." + type, [](T a, T b, T c) { return Wrapped{}(Wide(a) * Wide(b) + Wide(c)); });
  add<T, T, T>(table, "min." + type, [](T a, T b) { return std::min(a, b); });
  add<T, T, T>(table, "max." + type, [](T a, T b) { return std::max(a, b); });
  // Lanes that are not active are computed as well, so nothing may trap.
  add<T, T, T>(table, "div." + type, [](T a, T b) {
    if (b == 0) return static_cast<T>(-1);
    return b == static_cast<T>(-1) && std::is_signed_v<T> ? Wrapped{}(Wide(0) - Wide(a)) : static_cast<T>(a / b);
  });
  add<T, T, T>(table, "rem." + type, [](T a, T b) {
    if (b == 0) return a;
    return b == static_cast<T>(-1) && std::is_signed_v<T> ? T{0} : static_cast<T>(a % b);
  });
  add<T, T, std::uint32_t>(table, "shr." + type, [](T a, std::uint32_t n) {
    if (n < n_bits) return static_cast<T>(a >> n);
    return static_cast<T>(std::is_signed_v<T> && a < T{0} ? -1 : 0);
  });
  if constexpr (std::is_signed_v<T>) {
    add<T, T>(table, "neg." + type, [](T a) { return Wrapped{}(Wide(0) - Wide(a)); });
    add<T, T>(table, "abs." + type, [](T a) { return a < 0 ? Wrapped{}(Wide(0) - Wide(a)) : a; });
  }
  if constexpr (sizeof(T) < 8) {
    using Product =
        std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>,
                           std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>>;
    add<Product, T, T>(table, "mul.wide." + type, [](T a, T b) { return Product{a} * Product{b}; });
    add<T, T, T>(table, "mul.hi." + type, [](T a, T b) { return static_cast<T>(Product{a} * Product{b} >> n_bits); });
  }
}

/// What is the same for any type of so many bits.
template <class T>
void add_bits(OpcodeTable& table, const std::string& bits) {
  constexpr unsigned n_bits = std::numeric_limits<T>::digits;
  add<T, T, T>(table, "and.b" + bits, [](T a, T b) { return static_cast<T>(a & b); });
  add<T, T, T>(table, "or.b" + bits, [](T a, T b) { return static_cast<T>(a | b); });
  add<T, T, T>(table, "xor.b" + bits, [](T a, T b) { return static_cast<T>(a ^ b); });
  add<T, T>(table, "not.b" + bits, [](T a) { return static_cast<T>(~a); });
  add<T, T, std::uint32_t>(table, "shl.b" + bits, [](T a, std::uint32_t n) {
    return static_cast<T>(n < n_bits ? static_cast<T>(a << n) : T{0});
  });
  for (const std::string type : {"b", "u", "s", "f"}) {
    if (type == "f" && bits == "16") continue;
    add<T, T>(table, "mov." + type + bits, [](T a) { return a; });
    add<T, T, T, bool>(table, "selp." + type + bits, [](T a, T b, bool first) { return first ? a : b; });
  }
}

/// The lower and the upper half of a word.
void take_apart(Warp& warp, Memories&, const Instruction& instruction, std::uint32_t active) {
  for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
    if ((active >> lane & 1U) == 0) continue;
    const std::uint64_t word = warp.words<std::uint64_t>(instruction.registers[2])[lane];
    warp.words<std::uint32_t>(instruction.registers[0])[lane] = static_cast<std::uint32_t>(word);
    warp.words<std::uint32_t>(instruction.registers[1])[lane] = static_cast<std::uint32_t>(word >> 32U);
  }
}

/// Bytes of the eight in a and b, four of them, each chosen by four bits: which, and whether its sign fills the byte.
std::uint32_t permuted(std::uint32_t a, std::uint32_t b, std::uint32_t choice) {
  const std::uint64_t bytes = std::uint64_t{b} << 32U | a;
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint32_t chosen = choice >> 4 * i;
    std::uint32_t byte = static_cast<std::uint32_t>(bytes >> 8 * (chosen & 7U)) & 0xFFU;
    if ((chosen & 8U) != 0) byte = (byte & 0x80U) != 0 ? 0xFFU : 0U;
    result |= byte << 8 * i;
  }
  return result;
}

}  // namespace

void add_integer_opcodes(OpcodeTable& table) {
  using u32 = std::uint32_t;
  add_integers<std::int16_t>(table, "s16");
  add_integers<std::uint16_t>(table, "u16");
  add_integers<std::int32_t>(table, "s32");
  add_integers<std::uint32_t>(table, "u32");
  add_integers<std::int64_t>(table, "s64");
  add_integers<std::uint64_t>(table, "u64");
  add_bits<std::uint16_t>(table, "16");
  add_bits<std::uint32_t>(table, "32");
  add_bits<std::uint64_t>(table, "64");
  add<u32, u32>(table, "popc.b32", [](u32 a) { return static_cast<u32>(std::popcount(a)); });
  add<u32, u32>(table, "clz.b32", [](u32 a) { return static_cast<u32>(std::countl_zero(a)); });
  // How far the highest bit is from the top; all ones where there is none.
  add<u32, u32>(table, "bfind.shiftamt.u32",
                [](u32 a) { return a == 0 ? 0xFFFFFFFFU : static_cast<u32>(std::countl_zero(a)); });
  add<u32, u32>(table, "brev.b32", [](u32 a) {
    u32 reversed = 0;
    for (unsigned i = 0; i < 32; ++i) reversed |= (a >> i & 1U) << (31 - i);
    return reversed;
  });
  add<u32, u32, u32, u32>(table, "prmt.b32", [](u32 a, u32 b, u32 choice) { return permuted(a, b, choice); });
  // An address of global memory is the same number in the space of all addresses. One of local memory is used by loads
  // and stores that name the space, and by no other here.
  for (const std::string name : {"cvta.to.global.u64", "cvta.local.u64", "cvta.to.local.u64"}) {
    add<std::uint64_t, std::uint64_t>(table, name, [](std::uint64_t a) { return a; });
  }
  add<bool, bool>(table, "mov.pred", [](bool a) { return a; });
  table["mov.b64 {d, e}, a"] = {Effect::compute, &take_apart, {Slot::word32, Slot::word32, Slot::word64}};
  add<std::uint64_t, std::uint32_t, std::uint32_t>(
      table, "mov.b64 d, {a, b}", [](std::uint32_t a, std::uint32_t b) { return std::uint64_t{b} << 32U | a; });
  add<bool, bool>(table, "not.pred", [](bool a) { return !a; });
  add<bool, bool, bool>(table, "and.pred", [](bool a, bool b) { return a && b; });
  add<bool, bool, bool>(table, "or.pred", [](bool a, bool b) { return a || b; });
  add<bool, bool, bool>(table, "xor.pred", [](bool a, bool b) { return a != b; });
}

}  // namespace plotmill::test::ptx
