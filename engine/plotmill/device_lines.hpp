// Draws line charts on a GPU for programs that want them in its memory: as ink, or as frames of pixels. For those that
// run pipelines, the engine does all of this by itself.
//
//   auto drawer = plotmill::device_line_drawer(options, n_points);
//   drawer->measure(queue, values, n, work, size);               // device memory: work_bytes(n); *size
//   ... copy *size to the host, wait for the stream ...
//   drawer->write(queue, values, n, work, size_on_host, packed);  // device memory: packed_bytes(n, size)
//   drawer->fill_frames(queue, packed, n, size_on_host, frames);  // device memory: n * height * width pixels
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "plotmill/device_drawer.hpp"
#include "plotmill/draw_lines.hpp"
#include "plotmill/export.hpp"

namespace plotmill {

/// A drawer that also makes frames.
class PLOTMILL_EXPORT FrameDrawer : public DeviceDrawer {
 public:
  /// Puts in the kernel that fills frames [n_images][height][width] from packed ink, both in device memory: gray values
  /// as fill_pixels() has them, or these divided by 255. Throws Error (device).
  virtual void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                           std::uint8_t* frames) const = 0;
  virtual void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                           float* frames) const = 0;
};

/// Makes what draws the ink of draw_lines() on a device. Series that `flat` and `gaps` refuse (Flat::error,
/// Gaps::error) are not for it: it draws them in one way or another. Holds no device memory; any number of threads may
/// use it at once. Throws Error (definition) for options out of range, (device) where a series is too long for a GPU.
[[nodiscard]] PLOTMILL_EXPORT std::unique_ptr<FrameDrawer> device_line_drawer(const LineOptions& options,
                                                                              std::size_t n_points);

}  // namespace plotmill
