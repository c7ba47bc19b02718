// The "run" part of a definition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/options.hpp"
#include "plotmill/stage.hpp"

namespace plotmill {

struct RunSettings {
  std::string device = "auto";                           ///< auto, cpu, cuda, cuda:N or cuda:all
  std::size_t streams = 4;                               ///< Of each device.
  std::size_t threads = 0;                               ///< 0: the engine chooses.
  std::size_t batch = 0;                                 ///< Images in a batch; 0: the engine chooses.
  std::uint64_t memory_bytes = std::uint64_t{1} << 30U;  ///< For all batches in flight.
  double stall_timeout_seconds = 120;
  double checkpoint_seconds = 30;
  OnBadSeries on_bad_series = OnBadSeries::error;
};

/// What the options of "run" are bound to, as JSON has it.
struct RunValues {
  std::string device = "auto";
  std::int64_t streams = 4;
  std::int64_t threads = 0;
  std::int64_t batch = 0;
  ByteSize memory;
  double checkpoint = 30;
  std::string on_bad_series = "error";
  double stall_timeout = 120;

  [[nodiscard]] Options options();
};

/// Reads `run` (an object) and adds a fault for everything that is wrong, with "run/NAME" as its place.
[[nodiscard]] RunSettings parse_run_settings(const nlohmann::json& run, std::vector<Fault>& faults);

/// The keys that "run" may have.
[[nodiscard]] const std::vector<std::string>& run_keys();

}  // namespace plotmill
