// Draws line charts on a GPU: the ink is that of draw_lines(), bit for bit. Two steps, since only the first tells how
// much memory the second needs: measure() finds which pixels are ink, write() puts down runs and coverage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "plotmill/device_queue.hpp"
#include "plotmill/draw_lines.hpp"
#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Runs and ink pixels of images.
struct InkSize {
  std::uint32_t n_runs, n_ink;

  friend bool operator==(const InkSize&, const InkSize&) = default;
};

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

/// Holds no device memory; copies are cheap. Any number of threads may use one object at once.
class DeviceLineDrawer {
 public:
  /// `options` must be valid (check_options()); n_points is at least 1. Series that refusal() refuses are not for this
  /// drawer: it draws them in one way or another. Throws Error (device) where a series is too long for 32-bit indices.
  DeviceLineDrawer(const LineOptions& options, std::size_t n_points, DeviceTuning tuning = {});

  /// Most images of a batch, so that 32-bit indices suffice whatever is drawn. At least 1.
  [[nodiscard]] std::uint32_t max_images() const;

  /// Bytes of device memory that measure() and write() need beside the values.
  [[nodiscard]] std::uint64_t work_bytes(std::uint32_t n_images) const;

  /// Puts in the kernels that measure the ink of n images. In device memory: values [n_images * n_points]; work
  /// [work_bytes(n_images)], 256-byte aligned, to be kept until write() has run; *size, which is set. Throws Error
  /// (device), as write() and fill_frames() do.
  void measure(const DeviceQueue& queue, const float* values, std::uint32_t n_images, std::byte* work,
               InkSize* size) const;

  [[nodiscard]] PackedLayout packed_layout(std::uint32_t n_images, InkSize size) const;
  /// Bytes of packed ink.
  [[nodiscard]] std::uint64_t packed_bytes(std::uint32_t n_images, InkSize size) const {
    return packed_layout(n_images, size).n_bytes;
  }

  /// Puts in the kernels that draw, after measure() of the same values; `size` is what it found. packed: device memory
  /// [packed_bytes()], 16-byte aligned.
  void write(const DeviceQueue& queue, const float* values, std::uint32_t n_images, std::byte* work, InkSize size,
             std::byte* packed) const;

  /// Appends packed ink, which has been copied to host memory, to ink of the same shape.
  void append(const std::byte* packed, std::uint32_t n_images, InkSize size, Ink& ink) const;

  /// Puts in the kernel that fills frames [n_images][height][width] from packed ink, both in device memory: gray values
  /// as fill_pixels() has them, or these divided by 255.
  void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                   std::uint8_t* frames) const;
  void fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                   float* frames) const;

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
