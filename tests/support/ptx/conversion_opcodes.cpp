// From one type to another. What lies outside an integer's range becomes its nearest end, as on a GPU.
#include <cmath>
#include <limits>

#include "support/ptx/compute.hpp"

namespace plotmill::test::ptx {
namespace {

/// Calls visit(type, its name) with an object of each integer type.
template <class Visit>
void for_integers(Visit visit) {
  visit(std::int8_t{}, "s8");
  visit(std::uint8_t{}, "u8");
  visit(std::int16_t{}, "s16");
  visit(std::uint16_t{}, "u16");
  visit(std::int32_t{}, "s32");
  visit(std::uint32_t{}, "u32");
  visit(std::int64_t{}, "s64");
  visit(std::uint64_t{}, "u64");
}

/// Calls visit(function, its name) with each way to round to a whole number.
template <class F, class Visit>
void for_roundings(Visit visit) {
  visit([](F a) { return std::trunc(a); }, "rzi");
  visit([](F a) { return std::nearbyint(a); }, "rni");
  visit([](F a) { return std::floor(a); }, "rmi");
  visit([](F a) { return std::ceil(a); }, "rpi");
}

template <class Integer, class F>
Integer nearest_integer(F whole) {
  using Limits = std::numeric_limits<Integer>;
  // NaN is 0; of 64 bits, the highest bit alone.
  if (whole != whole) return sizeof(Integer) == 8 ? static_cast<Integer>(std::uint64_t{1} << 63U) : Integer{0};
  constexpr F above = 2 * static_cast<F>(Limits::max() / 2 + 1);
  if (whole >= above) return Limits::max();
  if (whole <= static_cast<F>(Limits::min())) return Limits::min();
  return static_cast<Integer>(whole);
}

template <class F>
void add_float_conversions(OpcodeTable& table, const std::string& type) {
  for_integers([&]<class Integer>(Integer, const std::string& integer) {
    add<F, Integer>(table, "cvt.rn." + type + "." + integer, [](Integer a) { return static_cast<F>(a); });
  });
  for_roundings<F>([&]<class Round>(Round, const std::string& rounding) {
    add<F, F>(table, "cvt." + rounding + "." + type + "." + type, [](F a) { return Round{}(a); });
    for_integers([&]<class Integer>(Integer, const std::string& integer) {
      add<Integer, F>(table, "cvt." + rounding + "." + integer + "." + type,
                      [](F a) { return nearest_integer<Integer>(Round{}(a)); });
    });
  });
  add<F, F>(table, "cvt.sat." + type + "." + type, [](F a) { return a > F{0} ? (a < F{1} ? a : F{1}) : F{0}; });
}

}  // namespace

void add_conversion_opcodes(OpcodeTable& table) {
  for_integers([&]<class From>(From, const std::string& from) {
    for_integers([&]<class To>(To, const std::string& to) {
      add<To, From>(table, "cvt." + to + "." + from, [](From a) { return static_cast<To>(a); });
    });
  });
  add_float_conversions<float>(table, "f32");
  add_float_conversions<double>(table, "f64");
  add<double, float>(table, "cvt.f64.f32", [](float a) { return static_cast<double>(a); });
  add<float, double>(table, "cvt.rn.f32.f64", [](double a) { return static_cast<float>(a); });
}

}  // namespace plotmill::test::ptx
