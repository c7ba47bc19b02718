// How a drawer draws on a device: in two steps, as only the first tells how much ink there is. The engine owns all
// memory, moves the series there and the ink back, and keeps several batches in work at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plotmill/device_queue.hpp"
#include "plotmill/export.hpp"
#include "plotmill/ink.hpp"

namespace plotmill {

/// How much ink a batch has.
struct PLOTMILL_EXPORT InkSize {
  std::uint32_t n_runs;
  std::uint32_t n_ink;  ///< Ink pixels.

  friend bool operator==(const InkSize&, const InkSize&) = default;
};

/// Draws series that are in device memory into ink in device memory. The ink is that of Drawer::draw(), bit for bit. A
/// series that is NaN throughout gives an image without ink. Made by Drawer::on_device(), whose stage outlives it.
///
/// measure() and write() only put work into the queue, and wait for nothing; they are called from several threads at
/// once, with memory of their own each. Device memory is aligned to 256 bytes. They throw Error (device) where the
/// device does not take the work.
class PLOTMILL_EXPORT DeviceDrawer {
 public:
  DeviceDrawer() = default;
  DeviceDrawer(const DeviceDrawer&) = delete;
  DeviceDrawer& operator=(const DeviceDrawer&) = delete;
  virtual ~DeviceDrawer() = default;

  /// Most images of one call, at least 1: whatever is drawn, its ink can be counted in 32 bits.
  [[nodiscard]] virtual std::uint32_t max_images() const = 0;

  /// Bytes of device memory that drawing n images takes beside the series and the ink.
  [[nodiscard]] virtual std::uint64_t work_bytes(std::uint32_t n_images) const = 0;

  /// Finds out how much ink the series have. values: [n_images * n_points] in device memory; work: work_bytes(), which
  /// write() needs as it is left; *size, in device memory, is set.
  virtual void measure(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work,
                       InkSize* size) const = 0;

  /// Bytes of packed ink: everything that Ink holds, in one piece, in a form that only append() knows.
  [[nodiscard]] virtual std::uint64_t packed_bytes(std::uint32_t n_images, InkSize size) const = 0;

  /// Draws the ink to `packed`, packed_bytes() of device memory. The rest as for measure(), which came before; `size`
  /// as it was measured.
  virtual void write(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work,
                     InkSize size, std::byte* packed) const = 0;

  /// Appends packed ink, which has been copied to host memory, to `out`.
  virtual void append(const std::byte* packed, std::uint32_t n_images, InkSize size, Ink& out) const = 0;
};

}  // namespace plotmill
