// Reads JSON and refuses what a lenient parser lets pass.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "plotmill/error.hpp"

namespace plotmill {

/// Parses a JSON text. A key given twice in one object is a fault, and its last value is taken. Where the text is not
/// JSON, or nested deeper than 32 levels, adds one fault with "place:line:column" and returns nothing.
[[nodiscard]] std::optional<nlohmann::json> parse_strict_json(std::string_view text, std::string_view place,
                                                              std::vector<Fault>& faults);

}  // namespace plotmill
