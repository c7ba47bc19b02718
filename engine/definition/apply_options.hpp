// Sets a stage's options from JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/options.hpp"

namespace plotmill {

/// Sets the target of every option that `params` (an object) names, and returns one fault for each key that is unknown,
/// each value that is not accepted and each required option that is missing, with "PLACE/NAME" as its place. Targets of
/// options with a fault keep their value.
[[nodiscard]] std::vector<Fault> apply_options(const Options& options, const nlohmann::json& params,
                                               std::string_view place = "params");

/// The names of the options, in order.
[[nodiscard]] std::vector<std::string> option_names(const Options& options);

}  // namespace plotmill
