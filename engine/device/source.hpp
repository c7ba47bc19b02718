// Where a run's devices come from, and which of them it uses.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device.hpp"
#include "plotmill/build_info.hpp"

namespace plotmill {

/// Devices of one machine, by their numbers from 0.
struct DeviceSource {
  struct Found {
    std::size_t n_devices = 0;
    std::string absence;  ///< Where there is none, why: "no CUDA driver: ...".
  };
  std::function<Found()> find;
  std::function<std::unique_ptr<Device>(std::size_t number)> open;  ///< Throws Error (device).
};

/// The GPUs that CUDA finds.
[[nodiscard]] DeviceSource cuda_devices();

/// What this build has for them.
[[nodiscard]] CudaBuild cuda_build();

struct ChosenDevices {
  std::vector<std::unique_ptr<Device>> devices;  ///< None: draw on the CPU.
  std::string name;                              ///< "cpu", "cuda:0", "cuda:all"
  std::string reason;                            ///< What it is or why it was chosen, in one line.
};

/// asked: auto, cpu, cuda, cuda:N or cuda:all. can_draw: whether any stage of the definition draws on a device. Throws
/// Error (device) where a device was asked for and can't be had; `auto` takes the CPU then.
[[nodiscard]] ChosenDevices choose_devices(const std::string& asked, bool can_draw, const DeviceSource& source);

}  // namespace plotmill
