// Explains a run in which nothing moves.
#pragma once

#include <string>

#include "engine/flow.hpp"

namespace plotmill {

/// "nothing moved for 120 s (run.stall_timeout); ...", then a line for each node: what it has done, what waits in front
/// of it, and what it works on or waits for.
[[nodiscard]] std::string stall_table(const RunStages& stages, const Flow& flow, double timeout_seconds);

}  // namespace plotmill
