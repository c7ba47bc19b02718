// See progress.hpp.
#include "engine/run/progress.hpp"

#include <algorithm>
#include <limits>

#include "engine/run/nodes.hpp"

namespace plotmill {

std::uint64_t images_stored(const RunStages& stages) {
  std::uint64_t images = std::numeric_limits<std::uint64_t>::max();
  for (const auto& writer : stages.writers) images = std::min(images, writer->commit_clock.snapshot().n_items);
  return images;
}

std::uint64_t bytes_written(const RunStages& stages) {
  std::uint64_t bytes = 0;
  for (const auto& writer : stages.writers) bytes += writer->stage->bytes_written();
  return bytes;
}

Progress RunProgress::at(double seconds) {
  const std::vector<NodeView> nodes = nodes_of(stages_);
  if (last_second_.empty()) last_second_.push_back({0, std::vector<double>(nodes.size(), 0)});
  // One moment that is a second old is kept to compare with.
  while (last_second_.size() > 1 && last_second_[1].seconds <= seconds - 1) last_second_.pop_front();
  const Moment& before = last_second_.front();
  Moment now{seconds, {}};
  Progress progress{images_stored(stages_), stages_.plan.n_images, bytes_written(stages_), seconds, {}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // What feeds it last: a batch that passes between the two must not make a number below 0.
    const NodeClock::Snapshot node = nodes[i].clock->snapshot();
    const std::uint64_t n_fed = nodes[i].feeder != nullptr ? nodes[i].feeder->snapshot().n_batches : node.n_batches;
    now.busy_seconds.push_back(node.busy_seconds);
    if (nodes[i].finishes != nullptr) now.busy_seconds.back() += nodes[i].finishes->snapshot().busy_seconds;
    const double possible = (seconds - before.seconds) * static_cast<double>(nodes[i].threads);
    const double busy = possible > 0 ? (now.busy_seconds[i] - before.busy_seconds[i]) / possible : 0;
    progress.stages.push_back({nodes[i].id(), nodes[i].step, std::clamp(busy, 0.0, 1.0), node.n_items,
                               static_cast<std::size_t>(n_fed - node.n_batches)});
  }
  last_second_.push_back(std::move(now));
  return progress;
}

}  // namespace plotmill
