// How numbers and JSON values are shown in messages.
#include "engine/text/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace plotmill {

std::string number_text(double value) {
  std::array<char, 64> text{};
  // Below 10^16 so many digits are the number itself, not an accident of binary.
  const auto format =
      std::nearbyint(value) == value && std::fabs(value) < 1e16 ? std::chars_format::fixed : std::chars_format::general;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value, format);
  return {text.data(), result.ptr};
}

std::string shown(const nlohmann::json& value) {
  if (value.is_number_float()) return number_text(value.get<double>());
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t max_length = 40;
  if (text.size() <= max_length) return text;
  std::size_t length = max_length - 3;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) --length;  // Whole characters.
  text.resize(length);
  return text + "...";
}

std::string shown_text(std::string_view text) { return shown(nlohmann::json(std::string(text))); }

std::string_view kind_text(const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::null:
      return "null";
    case nlohmann::json::value_t::boolean:
      return "a truth value";
    case nlohmann::json::value_t::string:
      return "text";
    case nlohmann::json::value_t::array:
      return "a list";
    case nlohmann::json::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

}  // namespace plotmill
