// The nodes of a run as one list, for reports, progress and traces.
#pragma once

#include <string>
#include <vector>

#include "engine/run/stages.hpp"

namespace plotmill {

/// One step of one stage. Valid as long as the RunStages it comes from.
struct NodeView {
  const RunNode* stage;
  Step step;
  NodeClock* clock;
  const NodeClock* feeder;    ///< Of the node that batches come from; null for the reader.
  std::size_t threads;        ///< How many can work on it at once.
  const NodeClock* finishes;  ///< Of a commit: the completion of the output. Null for others.

  /// "prices", "store encode", "store commit".
  [[nodiscard]] std::string id() const {
    if (step == Step::read || step == Step::draw) return stage->id;
    return stage->id + " " + std::string(step_name(step));
  }
};

/// The reader, the drawers (those on devices with upload and download), then encode and commit of each writer.
[[nodiscard]] inline std::vector<NodeView> nodes_of(RunStages& stages) {
  std::vector<NodeView> nodes{{&stages.reader, Step::read, &stages.reader.clock, nullptr, 1, nullptr}};
  for (const auto& drawer : stages.drawers) {
    if (drawer->device_drawer) {
      const std::size_t streams = stages.devices.size() * stages.plan.streams;
      nodes.push_back({drawer.get(), Step::upload, &drawer->upload_clock, &stages.reader.clock, 1, nullptr});
      nodes.push_back({drawer.get(), Step::draw, &drawer->clock, &drawer->upload_clock, streams, nullptr});
      nodes.push_back({drawer.get(), Step::download, &drawer->download_clock, &drawer->clock, streams, nullptr});
      continue;
    }
    const std::size_t threads = drawer->concurrency == Concurrency::serial ? 1 : stages.plan.threads;
    nodes.push_back({drawer.get(), Step::draw, &drawer->clock, &stages.reader.clock, threads, nullptr});
  }
  for (const auto& writer : stages.writers) {
    nodes.push_back({writer.get(), Step::encode, &writer->encode_clock, &stages.drawers[writer->drawer]->ink_clock(),
                     stages.plan.threads, nullptr});
    nodes.push_back(
        {writer.get(), Step::commit, &writer->commit_clock, &writer->encode_clock, 1, &writer->finish_clock});
  }
  return nodes;
}

}  // namespace plotmill
