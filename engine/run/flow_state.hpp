// What the nodes of a run share: its batches, its first error, and signs that it goes on. All functions are for any
// thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "engine/run/input_feed.hpp"
#include "engine/run/slot.hpp"
#include "engine/run/stages.hpp"

namespace plotmill {

class FlowState {
 public:
  explicit FlowState(RunStages& stages);

  RunStages& stages;
  InputFeed feed;
  SlotPool pool;

  /// Makes the run fail with this error, unless it has failed already. From then on every node only hands its batches
  /// on, so that the graph drains.
  void fail(Error error);
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] std::optional<Error> error() const;

  /// Runs work() of a node unless the run has failed; an exception makes the run fail, with the node as the place.
  template <class Work>
  void guard(const RunNode& node, const Slot* slot, Work&& work);

  /// Takes the ink that a drawer has put into a slot. Throws Error (internal) where it is not one image for each
  /// series.
  void accept_ink(std::size_t drawer, Slot& slot);

  /// Whoever watches the run is woken, but not for every move: a thread that wakes takes a core from one that draws.
  void moved() noexcept { ++n_moves_; }
  [[nodiscard]] std::uint64_t n_moves() const noexcept { return n_moves_ + stages.pulse->n_beats(); }
  void wake_watcher();
  /// Returns when the watcher was woken, at the latest after a fiftieth of a second.
  void wait_a_moment();

 private:
  [[nodiscard]] Error with_source(const Error& error, const RunNode& node, const Slot& slot) const;

  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> n_moves_ = 0;
  mutable std::mutex mutex_;  // Of what follows.
  std::condition_variable changed_;
  bool watcher_woken_ = false;
  std::optional<Error> error_;
};

template <class Work>
void FlowState::guard(const RunNode& node, const Slot* slot, Work&& work) {
  if (stopping_) return;
  try {
    work();
  } catch (...) {
    const Error error = current_error_at(node.place());
    fail(slot != nullptr && error.series() ? with_source(error, node, *slot) : error);
  }
}

}  // namespace plotmill
