// Finds out which stage feeds which, and whether that makes sense.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"

namespace plotmill {

/// A stage as the definition gives it.
struct StageDraft {
  std::string place;                ///< "charts (draw_lines)", or "stages/1" where it has no good id.
  StageNode node;                   ///< `info` is null where the type is unknown, `id` empty where there is none.
  std::optional<std::string> from;  ///< Where the definition says so.
};

/// Sets StageNode::from of every stage, adds a fault for all that does not fit, and returns the stages in an order in
/// which each comes after the one that feeds it; otherwise the order stays. Where faults were added, the result is of
/// no use.
[[nodiscard]] std::vector<StageNode> wire_stages(std::vector<StageDraft> drafts, std::vector<Fault>& faults);

}  // namespace plotmill
