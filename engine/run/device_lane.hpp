// A stream of a device and the memory of the batch that is drawn on it: a lease, which passes through the nodes with
// its batch and is free again at the end.
#pragma once

#include <optional>
#include <string>

#include "engine/device/device.hpp"
#include "engine/run/node_clock.hpp"
#include "engine/run/slot.hpp"
#include "plotmill/device_drawer.hpp"

namespace plotmill {

struct DeviceLane {
  DeviceLane(Device& device, std::size_t trace_thread, const std::string& name)
      : thread(trace_thread),
        pinned_values(device, MemoryKind::pinned),
        pinned_size(device, MemoryKind::pinned),
        pinned_ink(device, MemoryKind::pinned),
        values(device, MemoryKind::device),
        work(device, MemoryKind::device),
        size(device, MemoryKind::device),
        ink(device, MemoryKind::device),
        stream(device.make_stream(name)) {
    pinned_size.make_room(sizeof(InkSize));
    size.make_room(sizeof(InkSize));
  }

  /// Gives the memory for images back. Nothing may be under way.
  void release() noexcept {
    for (DeviceBuffer* buffer : {&pinned_values, &pinned_ink, &values, &work, &ink}) buffer->release();
  }

  [[nodiscard]] double* values_on_device() const { return reinterpret_cast<double*>(values.data()); }
  [[nodiscard]] InkSize* size_on_device() const { return reinterpret_cast<InkSize*>(size.data()); }
  /// Once it has been copied.
  [[nodiscard]] InkSize measured() const { return *reinterpret_cast<const InkSize*>(pinned_size.data()); }

  std::size_t thread;  ///< Index in Trace::threads.
  Slot* slot = nullptr;
  std::size_t begin = 0;      ///< Series of the slot before this are drawn.
  std::uint32_t n = 0;        ///< So many are being drawn; 0 where it has to be done again with fewer.
  std::optional<Error> lost;  ///< What the device said of the last work.
  std::optional<NodeClock::Work> drawing, downloading;
  Baton baton;
  DeviceBuffer pinned_values, pinned_size, pinned_ink;
  DeviceBuffer values, work, size, ink;
  std::unique_ptr<DeviceStream> stream;  ///< Last: it waits for its work before the memory goes.
};

}  // namespace plotmill
