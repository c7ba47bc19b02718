// From run.device to devices.
#include "engine/device/source.hpp"

#include <charconv>

namespace plotmill {
namespace {

constexpr std::string_view all = "cuda:all";
constexpr std::string_view numbered = "cuda:";

[[noreturn]] void refuse(const std::string& asked, const std::string& why) {
  throw Error(ErrorKind::device, "run/device",
              "\"" + asked + "\" can't be had: " + why + "; auto takes the CPU where there is no GPU");
}

std::size_t number_in(std::string_view asked) {
  std::size_t number = 0;
  if (asked.starts_with(numbered)) {
    asked.remove_prefix(numbered.size());
    (void)std::from_chars(asked.data(), asked.data() + asked.size(), number);
  }
  return number;
}

void open(std::size_t number, const DeviceSource& source, ChosenDevices& chosen) {
  const auto& device = chosen.devices.emplace_back(source.open(number));
  chosen.reason += (chosen.reason.empty() ? "" : " + ") + device->description();
}

}  // namespace

ChosenDevices choose_devices(const std::string& asked, bool can_draw, const DeviceSource& source) {
  if (asked == "cpu") return {{}, "cpu", "as asked"};
  if (!can_draw) {
    const std::string why = "no stage of this definition can draw on a GPU";
    if (asked == "auto") return {{}, "cpu", why};
    refuse(asked, why);
  }
  const DeviceSource::Found found = source.find();
  if (found.n_devices == 0) {
    if (asked == "auto") return {{}, "cpu", found.absence};
    refuse(asked, found.absence);
  }
  const std::size_t first = number_in(asked);
  if (first >= found.n_devices) {
    refuse(asked, found.n_devices == 1 ? "there is one GPU, cuda:0"
                                       : "there are " + std::to_string(found.n_devices) + " GPUs, from cuda:0 on");
  }
  ChosenDevices chosen;
  try {
    open(first, source, chosen);
    for (std::size_t i = 1; asked == all && i < found.n_devices; ++i) open(i, source, chosen);
  } catch (const Error& error) {
    if (asked == "auto") return {{}, "cpu", error.what()};
    refuse(asked, error.what());
  }
  chosen.name = asked == all ? asked : chosen.devices.front()->name();
  return chosen;
}

}  // namespace plotmill
