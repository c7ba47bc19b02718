// See device_sizes.hpp.
#include "engine/run/device_sizes.hpp"

#include <algorithm>
#include <limits>

namespace plotmill {
namespace {

/// Charts to come may have twice the ink of those that were learned from.
constexpr std::uint64_t margin = 2;

/// The ink of an image.
InkSize worst_of(const ImageShape& shape) {
  return {static_cast<std::uint32_t>(shape.height * ((std::uint64_t{shape.width} + 1) / 2)),
          static_cast<std::uint32_t>(shape.n_pixels())};
}

}  // namespace

DeviceSizes device_sizes(const RunStages& stages) {
  DeviceSizes sizes{.most_images = std::numeric_limits<std::uint32_t>::max()};
  std::uint64_t per_image = 0;  // Of device memory, for each stream.
  for (const auto& drawer : stages.drawers) {
    if (!drawer->device_drawer) continue;
    const DeviceDrawer& on_device = *drawer->device_drawer;
    const std::uint64_t n_lanes = stages.devices.size() * stages.plan.streams;
    const std::uint64_t of_series = stages.series.n_points * sizeof(double);
    const std::uint64_t worst = of_series + on_device.packed_bytes(1, worst_of(drawer->shape));
    const std::uint64_t moved =
        drawer->typical_ink ? std::min(worst, margin * (of_series + on_device.packed_bytes(1, *drawer->typical_ink)))
                            : worst;
    sizes.n_lanes += n_lanes;
    sizes.pinned_bytes += n_lanes * moved;
    sizes.worst_pinned_bytes += n_lanes * worst;
    sizes.most_images = std::min<std::uint64_t>(sizes.most_images, on_device.max_images());
    per_image += moved + on_device.work_bytes(1);
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
