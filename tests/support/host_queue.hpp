// Drawing with the kernels for a GPU, executed on the calling thread: every step that a user of DeviceLineDrawer takes.
#pragma once

#include <cstring>
#include <memory>
#include <new>

#include "kernels/lines/device.hpp"
#include "kernels/lines/draw_lines.hpp"

namespace plotmill::test {

/// Stands in for device memory: aligned as it is, exactly as long as asked for, and full of what was there before.
class DeviceMemory {
 public:
  explicit DeviceMemory(std::uint64_t n_bytes)
      : bytes_(static_cast<std::byte*>(::operator new (n_bytes, std::align_val_t{256}))) {
    std::memset(bytes_.get(), 0xA5, n_bytes);
  }
  [[nodiscard]] std::byte* data() const { return bytes_.get(); }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { ::operator delete (bytes, std::align_val_t{256}); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
};

/// Packed ink as write() leaves it.
struct PackedBatch {
  std::uint32_t n_images;
  InkSize size;
  DeviceMemory bytes;
};

inline constexpr DeviceQueue host_queue{true, nullptr};

[[nodiscard]] inline PackedBatch draw_packed(const kernels::DeviceLineDrawer& drawer, const SequencesView& series) {
  const auto n = static_cast<std::uint32_t>(series.n_series);
  const DeviceMemory work(drawer.work_bytes(n));
  InkSize size{};
  drawer.measure(host_queue, series.values, n, work.data(), &size);
  PackedBatch packed{n, size, DeviceMemory(drawer.packed_bytes(n, size))};
  drawer.write(host_queue, series.values, n, work.data(), size, packed.bytes.data());
  return packed;
}

/// As plotmill::draw_lines(), for valid options.
[[nodiscard]] inline Ink draw_lines_on_host_queue(const SequencesView& series, const LineOptions& options,
                                                  kernels::DeviceTuning tuning = {}) {
  const kernels::DeviceLineDrawer drawer(options, series.n_points, tuning);
  const PackedBatch packed = draw_packed(drawer, series);
  Ink ink;
  ink.shape = kernels::image_shape(options);
  drawer.append(packed.bytes.data(), packed.n_images, packed.size, ink);
  return ink;
}

}  // namespace plotmill::test
