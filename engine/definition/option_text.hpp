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

/// What may be given, without the range: "an integer", "a number or null", "minmax, none or {"range": [lo, hi]}",
/// "true, false or float32".
[[nodiscard]] std::string accepted_text(const Option& option);

/// The value that the target holds now, as JSON; null for an empty optional.
[[nodiscard]] nlohmann::json current_value(const Option& option);

/// A value that may be given: the declared example, else one other than the default where the declaration names one.
[[nodiscard]] nlohmann::json example_value(const Option& option);

/// The bounds as JSON, those of an integer without decimals; null where a bound says nothing.
[[nodiscard]] nlohmann::json min_json(const Option& option);
[[nodiscard]] nlohmann::json max_json(const Option& option);

}  // namespace plotmill
