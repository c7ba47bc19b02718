// The "run" part of a definition.
#include "engine/definition/run_settings.hpp"

#include <algorithm>

#include "engine/definition/apply_options.hpp"
#include "engine/text/json_text.hpp"

namespace plotmill {
namespace {

bool is_device(std::string_view name) {
  if (name == "auto" || name == "cpu" || name == "cuda") return true;
  constexpr std::string_view numbered = "cuda:";
  if (!name.starts_with(numbered)) return false;
  name.remove_prefix(numbered.size());
  if (name == "all") return true;
  return !name.empty() && name.size() <= 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Options RunValues::options() {
  Options options;
  options.add({.name = "device",
               .target = &device,
               .doc = "auto, cpu, cuda, cuda:N or cuda:all.",
               .pattern = "^(auto|cpu|cuda(:(all|[0-9]{1,3}))?)$"});
  options.add({.name = "streams",
               .target = &streams,
               .min = 1,
               .max = 64,
               .doc = "Batches that each GPU has in work at once."});
  options.add({.name = "threads", .target = &threads, .min = 0, .max = 1024, .doc = "0: one for each core."});
  options.add({.name = "batch",
               .target = &batch,
               .min = 0,
               .max = 1e9,
               .unit = "images",
               .doc = "Images in a batch; 0: the engine chooses."});
  options.add({.name = "memory",
               .target = &memory,
               .unit = "bytes",
               .doc = "Bounds all batches in flight; 0: the engine chooses."});
  options.add({.name = "checkpoint",
               .target = &checkpoint,
               .min = 0,
               .max = 1e9,
               .unit = "s",
               .doc = "What is stored is made safe at least so often: --resume redoes no more; 0: after every batch."});
  options.add(
      {.name = "on_bad_series",
       .target = &on_bad_series,
       .words = {"error", "skip", "blank"},
       .doc = "What a series that can't be read or drawn does: end the run, be left out, or be a blank image."});
  options.add(
      {.name = "stall_timeout",
       .target = &stall_timeout,
       .min = 0.001,
       .max = 1e9,
       .unit = "s",
       .doc = "The run ends where nothing moves for so long; where a writer stores meanwhile, which may wait for the "
              "disk, for ten times as long."});
  return options;
}

const std::vector<std::string>& run_keys() {
  static const std::vector<std::string> keys = option_names(RunValues{}.options());
  return keys;
}

RunSettings parse_run_settings(const nlohmann::json& run, std::vector<Fault>& faults) {
  RunSettings settings;
  RunValues values;
  const std::vector<Fault> wrong = apply_options(values.options(), run, "run");
  faults.insert(faults.end(), wrong.begin(), wrong.end());

  if (is_device(values.device)) {
    settings.device = values.device;
  } else {
    faults.push_back(
        {"run/device", shown_text(values.device) + " is not a device; auto, cpu, cuda, cuda:N and cuda:all are"});
  }
  if (values.memory.bytes > 0) settings.memory_bytes = values.memory.bytes;
  settings.streams = static_cast<std::size_t>(values.streams);
  settings.threads = static_cast<std::size_t>(values.threads);
  settings.batch = static_cast<std::size_t>(values.batch);
  settings.checkpoint_seconds = values.checkpoint;
  settings.on_bad_series = values.on_bad_series == "skip"    ? OnBadSeries::skip
                           : values.on_bad_series == "blank" ? OnBadSeries::blank
                                                             : OnBadSeries::error;
  settings.stall_timeout_seconds = values.stall_timeout;
  return settings;
}

}  // namespace plotmill
