// What an option accepts, in words: for messages and for help.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plotmill/options.hpp"

namespace plotmill {

/// Whether a bound of the option says anything.
[[nodiscard]] bool has_min(const Option& option);
[[nodiscard]] bool has_max(const Option& option);

/// "1..65535", "at least 1", "at most 9", or "" where every number is accepted.
[[nodiscard]] std::string range_text(const Option& option);

/// What may be given, without the range: "an integer", "a number or null", "minmax, none or {"range": [lo, hi]}".
[[nodiscard]] std::string accepted_text(const Option& option);

/// The value that the target holds now, as JSON; null for an empty optional.
[[nodiscard]] nlohmann::json current_value(const Option& option);

}  // namespace plotmill
