// Puts `--set id.param=value` into a definition.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {

/// The id that a stage of a definition has: its "id", else its "type"; empty where it has neither as text.
[[nodiscard]] std::string effective_id(const nlohmann::json& stage);

/// Changes the definition (an object, otherwise unchecked) in the order of the overrides. One fault with "--set PATH"
/// as its place for each that names nothing; where the definition itself is too wrong to tell, the override is dropped
/// without one, as the definition's own faults follow.
void apply_overrides(nlohmann::json& definition, const std::vector<Override>& overrides, const Registry& registry,
                     std::vector<Fault>& faults);

}  // namespace plotmill
