// See device_sizes.hpp.
#include "engine/run/device_sizes.hpp"

#include <algorithm>
#include <limits>

namespace plotmill {

DeviceSizes device_sizes(const RunStages& stages) {
  DeviceSizes sizes{0, std::numeric_limits<std::uint32_t>::max()};
  std::uint64_t per_image = 0;  // Of device memory, for each stream.
  for (const auto& drawer : stages.drawers) {
    if (!drawer->device_drawer) continue;
    const std::uint64_t n_pixels = drawer->shape.n_pixels();
    const InkSize most{
        static_cast<std::uint32_t>(drawer->shape.height * ((std::uint64_t{drawer->shape.width} + 1) / 2)),
        static_cast<std::uint32_t>(n_pixels)};
    const std::uint64_t moved = stages.series.n_points * sizeof(double) + drawer->device_drawer->packed_bytes(1, most);
    sizes.pinned_bytes += stages.devices.size() * stages.plan.streams * moved;
    sizes.most_images = std::min<std::uint64_t>(sizes.most_images, drawer->device_drawer->max_images());
    per_image += moved + drawer->device_drawer->work_bytes(1);
  }
  if (per_image == 0) return {};
  for (const auto& device : stages.devices) {
    // Others may want some, and kernels need memory of their own.
    const std::uint64_t usable = device->free_bytes() / 10 * 8;
    sizes.most_images = std::min(sizes.most_images, usable / stages.plan.streams / per_image);
  }
  sizes.most_images = std::max<std::uint64_t>(sizes.most_images, 1);
  return sizes;
}

}  // namespace plotmill
