// What gpu_bench measures. Each function warms up, measures several times on the current device, and gives medians.
#pragma once

#include <cstdint>
#include <vector>

#include "plotmill/device_lines.hpp"

namespace plotmill::bench {

/// The charts of one batch.
struct GpuCase {
  LineOptions options;
  std::size_t n_points;
  std::uint32_t n_images;
  const std::vector<double>& values;  ///< [at least n_images * n_points]
};

/// Bytes read and written by a copy within the device's memory.
[[nodiscard]] double copy_bytes_per_second();

struct KernelTimes {
  double seconds;          ///< Of measure() and write() in a row.
  double measure_seconds;  ///< Of each alone.
  double write_seconds;
  std::uint64_t packed_bytes;
  InkSize size;
};
/// Drawing alone: the series are on the device, and the ink stays there.
[[nodiscard]] KernelTimes time_kernels(const GpuCase& charts, const FrameDrawer& drawer);

/// Seconds for `n_batches` batches from pinned memory to pinned memory, each stream with a batch in work at all times.
[[nodiscard]] double time_moved(const GpuCase& charts, const FrameDrawer& drawer, std::uint32_t n_streams,
                                std::uint32_t n_batches);

struct FrameTimes {
  double uint8_seconds;
  double float32_seconds;
};
/// Filling the frames of a batch whose ink is on the device.
[[nodiscard]] FrameTimes time_frames(const GpuCase& charts, const FrameDrawer& drawer);

/// Whether the ink that comes from the device is that of draw_lines().
[[nodiscard]] bool draws_the_cpus_ink(const GpuCase& charts, const FrameDrawer& drawer);

}  // namespace plotmill::bench
