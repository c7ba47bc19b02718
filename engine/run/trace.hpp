// Records a run for RunOptions::trace.
#pragma once

#include <string>

#include "engine/run/stages.hpp"
#include "plotmill/trace.hpp"

namespace plotmill {

/// Made before the first batch; the other functions are for the thread that watches the run.
class RunTrace {
 public:
  explicit RunTrace(RunStages& stages);

  /// Tells how far the run is. Keeps every second sample, then every fourth, ... where there are too many. Asks for no
  /// memory.
  void sample(const TraceSample& sample);

  /// Everything so far, also of threads that hang. `start` is second 0; `error` is empty where the run went well.
  [[nodiscard]] Trace collect(Clock::time_point start, const TraceSample& last, std::string error) const;

 private:
  RunStages& stages_;
  std::vector<TraceSample> samples_;
  double least_gap_seconds_;
};

}  // namespace plotmill
