// What progress, checkpoints and traces tell of a run, at moments that a test holds still.
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

/// A door that a test opens, with a time limit.
class Door {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

}  // namespace

TEST_CASE("progress: only what every writer has stored counts, not what is encoded and waits to be stored") {
  FlowScript script;
  Door seen;
  std::atomic<int> n_third_commits = 0;
  // One of the writers stands before its third batch until this has been told.
  script.on = [&](const std::string& step, std::uint64_t batch) {
    if (step == "commit" && batch == 2 && n_third_commits++ == 0) seen.wait();
  };
  std::optional<Progress> held;
  Trace trace;
  RunOptions options;
  options.trace = &trace;
  options.on_progress = [&](const Progress& progress) {
    // The other writer is done with what is in flight, and all of it is encoded: six batches and one for each writer.
    if (held || progress.stages[3].images + progress.stages[5].images < 20 + 70) return;
    held = progress;
    seen.open();
  };
  auto pipeline = flow_pipeline(script, R"("batch": 10, "threads": 2)", R"(,
      {"id": "again", "type": "flow_write", "from": "charts"})");
  const RunReport report = pipeline.run(options);
  CHECK(report.images == 100);
  REQUIRE(held);
  CHECK(held->images == 20);
  CHECK(held->n_images == 100);
  CHECK(held->bytes_written == 10 * (2 + std::max(held->stages[3].images, held->stages[5].images) / 10));
  CHECK(std::min(held->stages[3].images, held->stages[5].images) == 20);
  CHECK(held->stages[2].images >= 90);
  CHECK(held->stages[0].batches_waiting == 0);
  // What waits in front of the writer that is held, or is in its hands.
  const std::size_t waiting = held->stages[3].images == 20 ? 3 : 5;
  CHECK(held->stages[waiting].batches_waiting == (held->stages[waiting - 1].images - 20) / 10);
  std::uint64_t most_before_end = 0;
  for (const TraceSample& sample : trace.samples) {
    if (sample.seconds <= held->seconds) most_before_end = std::max(most_before_end, sample.images);
  }
  CHECK(most_before_end == 20);
}

TEST_CASE("progress: a stage is busy for the share of its threads' time in which they worked") {
  FlowScript script;
  script.n_series = 1;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "draw") std::this_thread::sleep_for(std::chrono::milliseconds(450));
  };
  std::vector<Progress> seen;
  auto pipeline = flow_pipeline(script, R"("batch": 1, "threads": 4)");
  (void)pipeline.run({.on_progress = [&](const Progress& progress) { seen.push_back(progress); }});
  REQUIRE(seen.size() >= 3);
  // One of four threads draws all the time; nobody else does anything.
  const Progress& last_but_one = seen[seen.size() - 2];
  CHECK(last_but_one.stages[1].busy > 0.15);
  CHECK(last_but_one.stages[1].busy < 0.26);
  CHECK(last_but_one.stages[3].busy < 0.1);
}

TEST_CASE("checkpoints: over a steady flow they come in the time asked for, and no more often") {
  FlowScript script;
  script.n_series = 150;
  std::atomic<int> n_checkpoints = 0;
  script.on = [&](const std::string& step, std::uint64_t) {
    if (step == "commit") std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (step == "checkpoint") ++n_checkpoints;
  };
  const RunReport report = flow_pipeline(script, R"("batch": 1, "threads": 1, "checkpoint": 0.06)").run();
  CHECK(n_checkpoints >= 2);
  CHECK(n_checkpoints <= report.seconds / 0.06 + 1);
}

TEST_CASE("checkpoints: with a period of 0 there is one after every batch, of every writer") {
  FlowScript script;
  std::atomic<int> n_checkpoints = 0;
  script.on = [&](const std::string& step, std::uint64_t) {
    if (step == "checkpoint") ++n_checkpoints;
  };
  (void)flow_pipeline(script, R"("batch": 10, "checkpoint": 0)", R"(,
      {"id": "again", "type": "flow_write", "from": "charts"})")
      .run();
  CHECK(n_checkpoints == 20);
}

}  // namespace plotmill
