// Integer arithmetic throughout: no locale, and nothing wraps.
#include "engine/text/sizes.hpp"

#include <array>
#include <limits>

namespace plotmill {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array<Unit, 10> units{{{"", 1},
                                      {"b", 1},
                                      {"kb", 1000},
                                      {"mb", 1000000},
                                      {"gb", 1000000000},
                                      {"tb", 1000000000000},
                                      {"kib", std::uint64_t{1} << 10U},
                                      {"mib", std::uint64_t{1} << 20U},
                                      {"gib", std::uint64_t{1} << 30U},
                                      {"tib", std::uint64_t{1} << 40U}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front of `text`.
std::optional<std::uint64_t> take_digits(std::string_view& text) {
  std::uint64_t value = 0;
  if (text.empty() || !is_digit(text.front())) return {};
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return {};
    value = 10 * value + digit;
  }
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> whole = take_digits(text);
  if (!whole) return {};
  std::uint64_t part = 0;
  std::uint64_t parts = 1;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const std::optional<std::uint64_t> decimals = take_digits(text);
    if (!decimals || before - text.size() > 6) return {};
    for (std::size_t i = text.size(); i < before; ++i) parts *= 10;
    part = *decimals;
  }
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::string name(text);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    const std::uint64_t rest = part * unit.bytes / parts;  // Below 10^6 * 2^40: fits.
    if (*whole > (std::numeric_limits<std::uint64_t>::max() - rest) / unit.bytes) return {};
    return *whole * unit.bytes + rest;
  }
  return {};
}

std::string size_pattern() {
  std::string names;
  for (const Unit& unit : units) {
    if (&unit != &units.front()) names += '|';
    for (const char c : unit.name) names += {'[', c, static_cast<char>(c - 'a' + 'A'), ']'};
  }
  return "^[0-9]+([.][0-9]{1,6})? ?(" + names + ")$";
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t power = 0;
  while (power + 1 < names.size() && bytes >> (10 * (power + 1)) > 0) ++power;
  if (power == 0) return std::to_string(bytes) + " B";
  const auto tenths_of = [&](std::size_t p) {
    const std::uint64_t unit = std::uint64_t{1} << (10 * p);
    const std::uint64_t rest = bytes % unit >> (p > 5 ? 10U : 0U);
    const std::uint64_t scale = unit >> (p > 5 ? 10U : 0U);
    return bytes / unit * 10 + (rest * 10 + scale / 2) / scale;
  };
  std::uint64_t tenths = tenths_of(power);
  // 1023.96 KiB rounds to 1024.0: that is 1 MiB.
  if (tenths >= 10240 && power + 1 < names.size()) tenths = tenths_of(++power);
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text.append(" ").append(names[power]);
}

}  // namespace plotmill
