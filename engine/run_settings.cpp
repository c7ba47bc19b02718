// The "run" part of a definition.
#include "engine/run_settings.hpp"

#include <algorithm>

#include "engine/apply_options.hpp"
#include "engine/json_text.hpp"
#include "engine/sizes.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

// What the options are bound to: JSON's types, not yet the engine's.
struct RunValues {
  std::string device = "auto";
  std::int64_t threads = 0;
  std::int64_t batch = 0;
  std::string memory = "0";
  double stall_timeout = 120;

  Options options() {
    Options options;
    options.add({.name = "device", .target = &device, .doc = "auto, cpu, cuda or cuda:N."});
    options.add({.name = "threads", .target = &threads, .min = 0, .max = 1024, .doc = "0: one for each core."});
    options.add({.name = "batch", .target = &batch, .min = 0, .max = 1e9, .doc = "Images in a batch; 0: chosen."});
    options.add({.name = "memory", .target = &memory, .doc = "For all batches in flight, as 1GiB; 0: chosen."});
    options.add({.name = "stall_timeout",
                 .target = &stall_timeout,
                 .min = 0.001,
                 .max = 1e9,
                 .unit = "s",
                 .doc = "The run ends where nothing moves for so long."});
    return options;
  }
};

bool is_device(std::string_view name) {
  if (name == "auto" || name == "cpu" || name == "cuda") return true;
  constexpr std::string_view numbered = "cuda:";
  if (!name.starts_with(numbered)) return false;
  name.remove_prefix(numbered.size());
  return !name.empty() && name.size() <= 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const std::vector<std::string>& run_keys() {
  static const std::vector<std::string> keys = option_names(RunValues{}.options());
  return keys;
}

RunSettings parse_run_settings(const json& run, std::vector<Fault>& faults) {
  RunSettings settings;
  RunValues values;
  json given = run;
  // A number of bytes is a size, too.
  if (const auto memory = given.find("memory"); memory != given.end() && memory->is_number()) {
    *memory = shown(*memory);
  }
  const std::vector<Fault> wrong = apply_options(values.options(), given, "run");
  faults.insert(faults.end(), wrong.begin(), wrong.end());

  if (is_device(values.device)) {
    settings.device = values.device;
  } else {
    faults.push_back({"run/device", shown_text(values.device) + " is not a device; auto, cpu, cuda and cuda:N are"});
  }
  if (const auto bytes = parse_size(values.memory); !bytes) {
    faults.push_back(
        {"run/memory", shown_text(values.memory) + " is not a size; 1GiB, 512MiB or a number of bytes is"});
  } else if (*bytes > 0) {
    settings.memory_bytes = *bytes;
  }
  settings.threads = static_cast<std::size_t>(values.threads);
  settings.batch = static_cast<std::size_t>(values.batch);
  settings.stall_timeout_seconds = values.stall_timeout;
  return settings;
}

}  // namespace plotmill
