// See flow_state.hpp.
#include "engine/run/flow_state.hpp"

#include <chrono>
#include <utility>

namespace plotmill {
namespace {

std::uint64_t n_bytes_of(const Ink& ink) {
  return ink.row_begin.size() * sizeof(std::uint32_t) + ink.runs.size() * sizeof(Run) + ink.coverage.size();
}

}  // namespace

FlowState::FlowState(RunStages& run)
    : stages(run),
      feed(run, run.on_bad_series),
      pool(run.plan.batches_in_flight, run.series.n_points, run.image_shapes(), run.writers.size()) {}

void FlowState::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  stopping_ = true;
  stages.pulse->stop();
  pool.stop();
}

std::optional<Error> FlowState::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void FlowState::accept_ink(std::size_t drawer_index, Slot& slot) {
  DrawerNode& drawer = *stages.drawers[drawer_index];
  const Ink& ink = slot.ink[drawer_index];
  if (ink.n_images() != slot.series.size() || ink.row_begin.size() != ink.n_images() * ink.shape.height + 1) {
    throw Error(ErrorKind::internal, "draw() gave " + std::to_string(ink.n_images()) + " images for " +
                                         std::to_string(slot.series.size()) + " series");
  }
  for (std::size_t i = 0; i < ink.n_images(); ++i) drawer.n_blank += ink.image(i).runs.empty() ? 1U : 0U;
  if (stages.on_bad_series == OnBadSeries::blank) drawer.n_blank -= slot.series.bad.size();
  pool.count(slot, n_bytes_of(ink));
  if (drawer.first_charts && slot.position.batch == 0) drawer.first_charts->keep(ink, slot.series);
}

void FlowState::wake_watcher() {
  {
    const std::lock_guard lock(mutex_);
    watcher_woken_ = true;
  }
  changed_.notify_one();
}

void FlowState::wait_a_moment() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(20), [&] { return watcher_woken_; });
  watcher_woken_ = false;
}

Error FlowState::with_source(const Error& error, const RunNode& node, const Slot& slot) const {
  const Source source = slot.series.sources[*error.series()];
  const std::string place =
      image_place(node, stages.reader, slot.position.first_image + *error.series(), feed.group(source.group), source);
  return {error.kind(), place, error.faults().front().text};
}

}  // namespace plotmill
