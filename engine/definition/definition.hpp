// A pipeline definition: what the JSON says, checked.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/run_settings.hpp"
#include "plotmill/pipeline.hpp"
#include "plotmill/registry.hpp"

namespace plotmill {

/// What "plotmill" must be.
inline constexpr int format_version = 1;

/// What an id of a stage matches (ECMAScript), and the one id that is taken.
inline constexpr const char* id_pattern = "^[A-Za-z0-9_-]+$";
inline constexpr const char* reserved_id = "run";

/// StageNode::from of the reader.
inline constexpr std::size_t no_stage = static_cast<std::size_t>(-1);

/// One stage of a definition. Its options are checked; apply_options() to a new stage finds no fault.
struct StageNode {
  std::string id;
  std::string type;
  const StageInfo* info = nullptr;  ///< Points into the registry that the definition was parsed with.
  std::size_t from = no_stage;      ///< Index of the stage that feeds this one.
  nlohmann::json params;            ///< An object: every option that has a value, defaults included.
};

struct Definition {
  RunSettings run;
  std::vector<StageNode> stages;  ///< A stage comes after the one that feeds it; one reads, at least one writes.
  std::string json;               ///< The whole definition as it runs: overrides, defaults and `from` filled in.
};

/// Reads a definition and checks all that can be checked without opening anything. `place` is the file's name for
/// messages. Throws Error (definition) with every fault found.
[[nodiscard]] Definition parse_definition(std::string_view json_text, std::string_view place,
                                          const std::vector<Override>& overrides, const Registry& registry);

}  // namespace plotmill
