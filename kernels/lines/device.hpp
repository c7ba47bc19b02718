// Draws line charts on a GPU: the ink is that of draw_lines(), bit for bit. Two steps, since only the first tells how
// much memory the second needs: measure() finds which pixels are ink, write() puts down runs and coverage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "plotmill/device_lines.hpp"

namespace plotmill::kernels {

/// How the kernels are run; what they write is the same.
struct DeviceTuning {
  /// Most bytes of a block's shared memory. An image that needs more works in device memory, as it does where the GPU
  /// has less.
  std::uint32_t shared_bytes = 96 * 1024;
  /// Order of the calling thread in a queue that is on_host; see HostBlock.
  std::uint64_t host_order = 0;
};

struct LineJob;
struct LineWork;

/// Where a batch's packed ink has its parts, in bytes from its begin; each is 16-byte aligned.
struct PackedLayout {
  std::uint64_t row_begin;       ///< uint32 [n_images * height + 1]
  std::uint64_t coverage_begin;  ///< uint64 [n_images + 1]
  std::uint64_t runs;            ///< Run [n_runs]
  std::uint64_t coverage;        ///< uint8 [n_ink]
  std::uint64_t n_bytes;
};

/// See plotmill/device_lines.hpp.
class DeviceLineDrawer final : public FrameDrawer {
 public:
  /// `options` must be valid (check_options()); n_points is at least 1. Throws Error (device) where a series is too
  /// long for 32-bit indices.
  DeviceLineDrawer(const LineOptions& options, std::size_t n_points, DeviceTuning tuning = {});

  [[nodiscard]] std::uint32_t max_images() const override;
  [[nodiscard]] std::uint64_t work_bytes(std::uint32_t n_images) const override;
  void measure(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work,
               InkSize* size) const override;
  [[nodiscard]] PackedLayout packed_layout(std::uint32_t n_images, InkSize size) const;
  [[nodiscard]] std::uint64_t packed_bytes(std::uint32_t n_images, InkSize size) const override {
    return packed_layout(n_images, size).n_bytes;
  }
  void write(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work, InkSize size,
             std::byte* packed) const override;
  void append(const std::byte* packed, std::uint32_t n_images, InkSize size, Ink& ink) const override;
  void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                   std::uint8_t* frames) const override;
  void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                   float* frames) const override;

 private:
  struct WorkLayout {
    std::uint64_t images, rows, masks, n_before, scratch, n_bytes;  ///< See LineWork.
  };
  [[nodiscard]] WorkLayout work_layout(std::uint32_t n_images) const;
  [[nodiscard]] LineWork parts_of(std::byte* work, std::uint32_t n_images) const;
  template <class Pixel>
  void fill(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
            const std::array<Pixel, 256>& table, Pixel* frames) const;

  std::shared_ptr<const LineJob> job_;
  DeviceTuning tuning_;
};

}  // namespace plotmill::kernels
