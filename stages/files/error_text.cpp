// Parts of error texts that several stages share.
#include "stages/files/error_text.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace plotmill {
namespace {

constexpr std::size_t most_bytes = 60;
constexpr std::size_t most_names = 20;

// Levenshtein's: insertions, deletions and replacements of one byte.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string quoted(std::string_view text) {
  const bool cut = text.size() > most_bytes;
  if (cut) {
    std::size_t end = most_bytes;
    // Not in the middle of a UTF-8 character.
    while (end > most_bytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view digits = "0123456789abcdef";
      result += "\\x";
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    } else {
      result += c;
    }
  }
  return result + (cut ? "...\"" : "\"");
}

std::string quoted_list(std::span<const std::string> names) {
  if (names.empty()) return "none";
  std::string result;
  for (const std::string& name : names.first(std::min(names.size(), most_names))) {
    if (!result.empty()) result += ", ";
    result += quoted(name);
  }
  if (names.size() > most_names) result += " and " + std::to_string(names.size() - most_names) + " more";
  return result;
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string> names) {
  // A header may hold anything; the distance takes time that grows with the product of the lengths.
  if (wrong.size() > most_bytes) return ".";
  const std::string* nearest = nullptr;
  std::size_t least = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  for (const std::string& name : names) {
    if (name.size() > 2 * most_bytes) continue;
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < least && distance < name.size()) {
      least = distance;
      nearest = &name;
    }
  }
  return nearest == nullptr ? "." : ", did you mean " + quoted(*nearest) + "?";
}

}  // namespace plotmill
