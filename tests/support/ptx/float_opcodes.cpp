// float and double, each operation rounded to nearest, as IEEE 754 has it; and comparisons of all types.
#include <cmath>
#include <functional>
#include <limits>

#include "support/ptx/compute.hpp"

namespace plotmill::test::ptx {
namespace {

template <class F>
void add_floats(OpcodeTable& table, const std::string& type) {
  add<F, F, F>(table, "add.rn." + type, [](F a, F b) { return a + b; });
  add<F, F, F>(table, "sub.rn." + type, [](F a, F b) { return a - b; });
  add<F, F, F>(table, "mul.rn." + type, [](F a, F b) { return a * b; });
  add<F, F, F>(table, "div.rn." + type, [](F a, F b) { return a / b; });
  add<F, F>(table, "rcp.rn." + type, [](F a) { return F{1} / a; });
  add<F, F>(table, "sqrt.rn." + type, [](F a) { return std::sqrt(a); });
  add<F, F>(table, "abs." + type, [](F a) { return std::abs(a); });
  add<F, F>(table, "neg." + type, [](F a) { return -a; });
  // Where one is NaN the other one is the result; -0 is below +0.
  add<F, F, F>(table, "min." + type, [](F a, F b) {
    if (a != a) return b;
    return a < b || b != b || (a == b && std::signbit(a)) ? a : b;
  });
  add<F, F, F>(table, "max." + type, [](F a, F b) {
    if (a != a) return b;
    return a > b || b != b || (a == b && !std::signbit(a)) ? a : b;
  });
}

template <class T, class Compare>
void add_setp(OpcodeTable& table, const std::string& name, Compare) {
  add<bool, T, T>(table, "setp." + name, [](T a, T b) { return Compare{}(a, b); });
}

/// What is said of signed and unsigned integers and of numbers of which neither is NaN.
template <class T>
void add_comparisons(OpcodeTable& table, const std::string& type) {
  add_setp<T>(table, "eq." + type, std::equal_to<T>());
  add_setp<T>(table, "ne." + type, [](T a, T b) { return a < b || a > b; });
  add_setp<T>(table, "lt." + type, std::less<T>());
  add_setp<T>(table, "le." + type, std::less_equal<T>());
  add_setp<T>(table, "gt." + type, std::greater<T>());
  add_setp<T>(table, "ge." + type, std::greater_equal<T>());
}

/// The same, true also where one is NaN.
template <class F>
void add_unordered_comparisons(OpcodeTable& table, const std::string& type) {
  add_setp<F>(table, "equ." + type, [](F a, F b) { return !(a < b || a > b); });
  add_setp<F>(table, "neu." + type, std::not_equal_to<F>());
  add_setp<F>(table, "ltu." + type, [](F a, F b) { return !(a >= b); });
  add_setp<F>(table, "leu." + type, [](F a, F b) { return !(a > b); });
  add_setp<F>(table, "gtu." + type, [](F a, F b) { return !(a <= b); });
  add_setp<F>(table, "geu." + type, [](F a, F b) { return !(a < b); });
  add_setp<F>(table, "num." + type, [](F a, F b) { return a == a && b == b; });
  add_setp<F>(table, "nan." + type, [](F a, F b) { return a != a || b != b; });
}

}  // namespace

void add_float_opcodes(OpcodeTable& table) {
  add_floats<float>(table, "f32");
  add_floats<double>(table, "f64");
}

void add_comparison_opcodes(OpcodeTable& table) {
  add_comparisons<std::int16_t>(table, "s16");
  add_comparisons<std::uint16_t>(table, "u16");
  add_comparisons<std::int32_t>(table, "s32");
  add_comparisons<std::uint32_t>(table, "u32");
  add_comparisons<std::int64_t>(table, "s64");
  add_comparisons<std::uint64_t>(table, "u64");
  add_comparisons<float>(table, "f32");
  add_comparisons<double>(table, "f64");
  add_unordered_comparisons<float>(table, "f32");
  add_unordered_comparisons<double>(table, "f64");
}

}  // namespace plotmill::test::ptx
