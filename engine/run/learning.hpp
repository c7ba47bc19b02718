// Shows the writers of a run what its images look like before the first is encoded.
#pragma once

#include "engine/run/stages.hpp"

namespace plotmill {

/// Reads the first series into the empty `first`, as many as the writers want to learn from, draws them, and as many
/// made up ones, and lets each writer learn. Nothing else of the run may be under way. Returns whether the reader has
/// more series. Bad series are passed over. Throws Error with the stage's place; but a series at which draw() fails
/// ends the learning without an error, as the run will meet it again and tell its source.
[[nodiscard]] bool learn_from_first(RunStages& stages, Sequences& first);

}  // namespace plotmill
