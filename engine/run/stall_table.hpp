// Explains a run in which nothing moves.
#pragma once

#include <string>

#include "engine/run/flow.hpp"

namespace plotmill {

/// "nothing moved for 120 s (run.stall_timeout); ...", then a line for each node: what it has done, what waits in front
/// of it, and what it works on or waits for. `storing` is a writer that may have waited for the disk all the time; null
/// where there is none.
[[nodiscard]] std::string stall_table(const RunStages& stages, const Flow& flow, double seconds,
                                      const WriterNode* storing);

}  // namespace plotmill
