// What drawing and encoding cost, measured on a sample.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/preview/survey.hpp"
#include "engine/run/stages.hpp"

namespace plotmill {

struct SampleCosts {
  double seconds = 0;                   ///< One thread's, to draw and encode one image with every stage.
  std::vector<double> bytes_per_image;  ///< For each writer of the stages.
};

/// Draws the series and encodes the images, which the writers have been prepared for. Takes a third of a second at
/// most, unless a single image takes longer. Series that can't be drawn count as nothing. Throws Error with the stage's
/// place.
[[nodiscard]] SampleCosts measure_costs(RunStages& stages, const Picked& sample, const std::atomic<bool>& cancelled);

}  // namespace plotmill
