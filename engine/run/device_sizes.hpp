// What drawing on devices takes of memory, in the worst case: every second pixel a run of its own.
#pragma once

#include <cstdint>

#include "engine/run/stages.hpp"

namespace plotmill {

struct DeviceSizes {
  std::uint64_t pinned_bytes = 0;  ///< Of host memory, for each image of a batch; 0 where no device draws.
  std::uint64_t most_images = 0;   ///< Of a batch, so that every stream of the fullest device has memory for one.
};

/// Of the stages' devices and the drawers that use them, as prepared. Throws Error (device).
[[nodiscard]] DeviceSizes device_sizes(const RunStages& stages);

}  // namespace plotmill
