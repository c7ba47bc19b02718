// How numbers and JSON values are shown in messages.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace plotmill {

/// The shortest text that reads back as the same number; whole numbers without decimals or exponent. No locale.
[[nodiscard]] std::string number_text(double value);

/// The value as JSON, shortened to about 40 characters. Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string shown(const nlohmann::json& value);

/// As for a JSON text: quoted, escaped, shortened.
[[nodiscard]] std::string shown_text(std::string_view text);

/// "text", "a number", "null", ...
[[nodiscard]] std::string_view kind_text(const nlohmann::json& value);

}  // namespace plotmill
