// Where a run stands, for RunOptions::on_progress.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/run/stages.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {

/// Images that every writer has stored.
[[nodiscard]] std::uint64_t images_stored(const RunStages& stages);
/// By all writers.
[[nodiscard]] std::uint64_t bytes_written(const RunStages& stages);

/// Remembers the last second, so that it can tell how busy each stage was in it. One thread.
class RunProgress {
 public:
  explicit RunProgress(RunStages& stages) : stages_(stages) {}

  /// `seconds` since the run began; never less than at the call before.
  [[nodiscard]] Progress at(double seconds);

 private:
  struct Moment {
    double seconds;
    std::vector<double> busy_seconds;  ///< By node.
  };

  RunStages& stages_;
  std::deque<Moment> last_second_;
};

}  // namespace plotmill
