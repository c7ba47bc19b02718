// What an option accepts, as JSON Schema.
#pragma once

#include <nlohmann/json.hpp>

#include "plotmill/options.hpp"

namespace plotmill {

/// The schema (2020-12) of one option's value: type, range, words or pattern, default, description with the unit, and
/// an example. Where a required option could be null in general, null is not accepted.
[[nodiscard]] nlohmann::ordered_json option_schema(const Option& option);

/// The schema of an object that gives values to these options, and nothing else.
[[nodiscard]] nlohmann::ordered_json options_schema(const Options& options);

}  // namespace plotmill
