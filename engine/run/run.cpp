// One run: the thread that called run() watches, reports progress, and decides when it is over.
#include "engine/run/run.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "engine/run/flow.hpp"
#include "engine/run/nodes.hpp"
#include "engine/run/progress.hpp"
#include "engine/run/stall_table.hpp"
#include "engine/run/trace.hpp"

namespace plotmill {
namespace {

/// What the threads of a run share. It outlives the run only if a stage hangs.
struct RunState {
  RunState(const Definition& definition, const RunOptions& options, const DeviceSource& source,
           const std::atomic<bool>& cancelled)
      : stages(definition, options, Purpose::run, source, &cancelled) {
    if (!stages.all_complete()) flow.emplace(stages);
  }

  RunStages stages;
  std::optional<Flow> flow;  ///< Where there is anything to do.
};

/// The disk may be busy with what other programs have written: storing may take so many times longer than anything
/// else.
constexpr double disk_patience = 10;

/// The watcher looks every fiftieth of a second. Where it has not for longer than this, the process was stopped or its
/// machine asleep, and the stages with it.
constexpr double most_seconds_between_looks = 0.1;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

RunReport make_report(RunStages& stages, const InputFeed& feed, double seconds) {
  RunReport report;
  report.images = images_stored(stages);
  report.seconds = seconds;
  report.bytes_written = bytes_written(stages);
  report.resumed_at = stages.plan.first_image;
  report.plan = stages.plan;
  (stages.on_bad_series == OnBadSeries::skip ? report.n_skipped : report.n_blanked) = feed.n_bad();
  report.bad_series = feed.bad_series();
  for (const auto& drawer : stages.drawers) report.blank += drawer->n_blank;
  for (const NodeView& node : nodes_of(stages)) {
    NodeClock::Snapshot done = node.clock->snapshot();
    if (node.finishes != nullptr) {
      const NodeClock::Snapshot finish = node.finishes->snapshot();
      done.busy_seconds += finish.busy_seconds;
      done.working_seconds += finish.working_seconds;
    }
    report.stages.push_back({node.id(), node.stage->type, done.busy_seconds,
                             std::max(0.0, seconds - done.working_seconds), done.n_items, node.step, node.threads});
  }
  return report;
}

// After every writer has been finished or abandoned.
Error with_what_is_kept(const Error& error, const RunStages& stages) {
  std::uint64_t n_kept = std::numeric_limits<std::uint64_t>::max();
  for (const auto& writer : stages.writers) {
    // One that was found complete, or has been finished since, keeps no run from going on.
    if (const Stored stored = writer->stage->stored(); !stored.is_complete) n_kept = std::min(n_kept, stored.n_images);
  }
  if (n_kept == 0 || n_kept == std::numeric_limits<std::uint64_t>::max()) return error;
  std::vector<Fault> faults = error.faults();
  faults.back().text +=
      "; " + std::to_string(n_kept) + " images are kept, " +
      (stages.can_resume ? "and --resume goes on after them"
                         : "but the input can't be known again (a pipe), so that --resume can't go on");
  return {error.kind(), std::move(faults)};
}

// Of a run whose outputs are all complete.
RunReport report_of_nothing(const RunStages& stages) {
  RunReport report;
  for (const auto& writer : stages.writers) report.resumed_at = std::max(report.resumed_at, writer->stored.n_images);
  report.plan = stages.plan;
  return report;
}

/// Watches a run that has been started.
class Watch {
 public:
  Watch(RunState& state, const Definition& definition, const RunOptions& options, const std::atomic<bool>& cancelled)
      : state_(state),
        timeout_seconds_(definition.run.stall_timeout_seconds),
        options_(options),
        cancelled_(cancelled),
        progress_(state.stages) {
    if (options.trace != nullptr) trace_.emplace(state.stages);
  }

  /// Waits until `done()`. Throws Error (stalled) when nothing moves for too long.
  template <class Done>
  void until(Done done) {
    while (!done()) {
      state_.flow->state().wait_a_moment();
      tell_progress();
      if (trace_) trace_->sample(sample_now());
      if (cancelled_ && !state_.flow->state().error()) {
        state_.flow->state().fail(Error(ErrorKind::cancelled, "cancelled"));
      }
      require_moves();
    }
  }

  void tell_progress(bool last = false) {
    if (!options_.on_progress || (!last && seconds_since(last_told_) < 0.1)) return;
    last_told_ = Clock::now();
    options_.on_progress(progress_.at(seconds()));
  }

  /// Fills the trace that the caller asked for, if any.
  void fill_trace() {
    if (!trace_) return;
    const auto error = state_.flow->state().error();
    *options_.trace = trace_->collect(start_, sample_now(), error ? error->what() : "");
  }

  [[nodiscard]] double seconds() const { return seconds_since(start_); }

 private:
  void require_moves() {
    const double since_last_look = seconds_since(std::exchange(last_look_, Clock::now()));
    // Before the moves are looked at: a writer that has stored tells that it moved, and only then that it is done.
    const WriterNode* const storing = state_.stages.storing();
    if (const std::uint64_t n_moves = state_.flow->state().n_moves(); n_moves != n_moves_) {
      n_moves_ = n_moves;
      still_seconds_ = 0;
      return;
    }
    still_seconds_ += std::min(since_last_look, most_seconds_between_looks);
    const double limit_seconds = storing != nullptr ? disk_patience * timeout_seconds_ : timeout_seconds_;
    if (still_seconds_ <= limit_seconds) return;
    // What hangs is more telling than the error that came before it, if any did.
    const Error stalled(ErrorKind::stalled, "run", stall_table(state_.stages, *state_.flow, limit_seconds, storing));
    state_.flow->state().fail(stalled);
    throw stalled;
  }

  [[nodiscard]] TraceSample sample_now() const {
    return {seconds(), images_stored(state_.stages), state_.flow->state().pool.n_bytes()};
  }

  RunState& state_;
  double timeout_seconds_;
  const RunOptions& options_;
  const std::atomic<bool>& cancelled_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_look_ = start_;
  Clock::time_point last_told_ = start_;
  std::uint64_t n_moves_ = 0;
  double still_seconds_ = 0;  ///< Since the last move, while the watcher was awake.
  RunProgress progress_;
  std::optional<RunTrace> trace_;
};

}  // namespace

RunReport run_definition(const Definition& definition, const RunOptions& options, const std::atomic<bool>& cancelled,
                         const DeviceSource& source) {
  const auto state = std::make_shared<RunState>(definition, options, source, cancelled);
  if (!state->flow) return report_of_nothing(state->stages);
  if (options.on_start) options.on_start(state->stages.plan);
  Watch watch(*state, definition, options, cancelled);
  state->flow->start(state);
  try {
    watch.until([&] { return state->flow->drained(); });
    state->flow->finish();
    watch.until([&] { return state->flow->finished(); });
  } catch (...) {
    state->flow->leave();
    watch.fill_trace();
    throw;
  }
  state->flow->join();
  watch.fill_trace();
  if (const auto error = state->flow->state().error()) throw with_what_is_kept(*error, state->stages);
  watch.tell_progress(true);
  return make_report(state->stages, state->flow->state().feed, watch.seconds());
}

}  // namespace plotmill
