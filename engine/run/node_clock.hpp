// What one node of the graph is doing and has done: for the report, for the table that explains a stall, and for
// profilers.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/run/profile.hpp"
#include "engine/run/span_record.hpp"

namespace plotmill {

/// All functions are for any thread; each costs a lock, a few times a batch.
class NodeClock {
 public:
  /// What there is to know at one moment.
  struct Snapshot {
    double busy_seconds = 0;     ///< Summed over threads.
    double working_seconds = 0;  ///< Wall time with at least one batch in work.
    std::uint64_t n_batches = 0;
    std::uint64_t n_items = 0;
    std::optional<std::uint64_t> in_work;  ///< The batch that has been in work longest.
    double in_work_seconds = 0;
  };

  /// Work on a batch from construction to the end of the scope. `n_items` counts when done() was called. `thread` is
  /// the index in Trace::threads.
  class Work {
   public:
    Work(NodeClock& clock, std::uint64_t batch, std::size_t thread)
        : clock_(clock), batch_(batch), range_(clock.profile_, batch) {
      clock_.begin(batch, static_cast<std::uint32_t>(thread));
    }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    ~Work() { clock_.end(batch_, done_, n_items_); }
    void done(std::uint64_t n_items) {
      done_ = true;
      n_items_ = n_items;
    }

   private:
    NodeClock& clock_;
    std::uint64_t batch_;
    ProfileRange range_;
    bool done_ = false;
    std::uint64_t n_items_ = 0;
  };

  /// What profilers call the work. To be called before the first Work.
  void name(const std::string& text) { profile_ = ProfileName(text); }

  /// Keeps the spans of what ends from now on. To be called before the first Work.
  void record(std::size_t n_spans) { record_.emplace(n_spans); }

  /// What has been recorded, with what is in work as if it ended now. After record().
  [[nodiscard]] SpanRecord recorded() const {
    const std::lock_guard lock(mutex_);
    SpanRecord spans = *record_;
    for (const Active& active : active_) spans.add({active.batch, active.thread, 0, active.since, Clock::now()});
    return spans;
  }

  [[nodiscard]] Snapshot snapshot() const {
    const std::lock_guard lock(mutex_);
    Snapshot now = totals_;
    if (!active_.empty()) {
      const Clock::time_point time = Clock::now();
      now.working_seconds += seconds(time - working_since_);
      now.in_work = active_.front().batch;
      now.in_work_seconds = seconds(time - active_.front().since);
      for (const Active& active : active_) now.busy_seconds += seconds(time - active.since);
    }
    return now;
  }

 private:
  struct Active {
    std::uint64_t batch;
    std::uint32_t thread;
    Clock::time_point since;
  };

  static double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

  void begin(std::uint64_t batch, std::uint32_t thread) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (active_.empty()) working_since_ = now;
    active_.push_back({batch, thread, now});
  }

  void end(std::uint64_t batch, bool done, std::uint64_t n_items) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    for (auto active = active_.begin(); active != active_.end(); ++active) {
      if (active->batch != batch) continue;
      totals_.busy_seconds += seconds(now - active->since);
      if (record_) record_->add({batch, active->thread, static_cast<std::uint32_t>(n_items), active->since, now});
      active_.erase(active);
      break;
    }
    if (active_.empty()) totals_.working_seconds += seconds(now - working_since_);
    if (!done) return;
    ++totals_.n_batches;
    totals_.n_items += n_items;
  }

  ProfileName profile_;
  mutable std::mutex mutex_;
  Snapshot totals_;
  std::optional<SpanRecord> record_;
  std::vector<Active> active_;  // In order of their begin.
  Clock::time_point working_since_;
};

}  // namespace plotmill
