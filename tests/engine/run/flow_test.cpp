// What the graph promises: order, fan-out, bounded memory, and that slow writes overlap with drawing.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <random>
#include <thread>

#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

TEST_CASE("flow: every series is stored once and in order, whatever order the batches are drawn in") {
  for (const int threads : {1, 2, 5}) {
    for (const int batch : {1, 7, 64}) {
      FlowScript script;
      script.n_series = 301;
      script.on = [](const std::string& step, std::uint64_t n) {
        if (step == "draw" || step == "encode") std::this_thread::sleep_for(std::chrono::microseconds(n * 7919 % 300));
      };
      auto pipeline =
          flow_pipeline(script, "\"threads\": " + std::to_string(threads) + ", \"batch\": " + std::to_string(batch));
      const RunReport report = pipeline.run();
      CAPTURE(threads);
      CAPTURE(batch);
      CHECK(report.images == 301);
      CHECK(report.plan.threads == static_cast<std::size_t>(threads));
      CHECK(used_lists(script) == std::vector(1, counted(301)));
      CHECK(script.n_finished == 1);
      CHECK(script.n_abandoned == 0);
      CHECK(script.n_lane_clashes == 0);
      CHECK(script.most_drawing <= threads);
    }
  }
}

TEST_CASE(
    "flow: a writer learns from the first images and made-up ones before it encodes, and every series is still "
    "stored") {
  for (const int batch : {1, 7, 64}) {
    for (const std::size_t n_learned : {1U, 10U, 1000U}) {
      FlowScript script;
      script.n_learned_images = n_learned;
      (void)flow_pipeline(script, "\"batch\": " + std::to_string(batch)).run();
      CAPTURE(batch);
      CAPTURE(n_learned);
      CHECK(script.n_learned == static_cast<int>(std::min<std::size_t>(n_learned, 100) + n_learned));
      CHECK(script.n_learned_late == 0);
      CHECK(used_lists(script) == std::vector(1, counted(100)));
    }
  }
}

TEST_CASE("flow: a drawer feeds several writers, a reader several drawers, and each gets everything") {
  FlowScript script;
  script.knows_count = false;
  auto pipeline = flow_pipeline(script, "\"batch\": 9", R"(,
      {"id": "again", "type": "flow_write", "from": "charts"},
      {"id": "others", "type": "flow_draw", "from": "in"},
      {"id": "third", "type": "flow_write", "from": "others"})");
  const RunReport report = pipeline.run();
  CHECK(report.images == 100);
  CHECK(used_lists(script) == std::vector(3, counted(100)));
  CHECK(script.n_finished == 3);
  CHECK(report.stages.size() == 3 + 2 * 3);
  for (const StageReport& stage : report.stages) CHECK(stage.items == 100);
  CHECK(report.bytes_written == 3 * 12 * 10);
}

TEST_CASE("flow: a slow writer holds the reader back") {
  FlowScript script;
  script.n_series = 60;
  std::atomic<std::uint64_t> most_ahead = 0;
  std::atomic<std::uint64_t> n_committed = 0;
  script.on = [&](const std::string& step, std::uint64_t) {
    if (step == "commit") {
      sleep_ms(3);
      most_ahead = std::max<std::uint64_t>(most_ahead, script.n_read - n_committed);
      ++n_committed;
    }
  };
  auto pipeline = flow_pipeline(script, R"("batch": 1, "threads": 2)");
  const RunReport report = pipeline.run();
  CHECK(report.plan.batches_in_flight == 6);
  CHECK(most_ahead <= 6);
  CHECK(most_ahead >= 4);  // It was the writer that held back, not the reader that was slow.
}

TEST_CASE("flow: what is stored is made safe in time, also where the next batch does not come") {
  FlowScript script;
  std::atomic<int> n_checkpoints = 0;
  int n_while_waiting = 0;
  script.on = [&](const std::string& step, std::uint64_t batch) {
    if (step == "checkpoint") ++n_checkpoints;
    if (step != "read" || batch != 1) return;
    for (int ms = 0; n_checkpoints == 0 && ms < 10000; ++ms) sleep_ms(1);
    // Nothing new has come since, so there is nothing to do.
    sleep_ms(200);
    n_while_waiting = n_checkpoints;
  };
  (void)flow_pipeline(script, R"("batch": 50, "threads": 1, "checkpoint": 0.02)").run();
  CHECK(n_while_waiting == 1);
}

TEST_CASE("flow: batch and batches in flight keep within run.memory") {
  FlowScript script;
  script.drawer_footprint = {100'000, 10'000};
  for (const char* memory : {"\"1MB\"", "\"3MB\"", "\"1GiB\""}) {
    auto pipeline = flow_pipeline(script, std::string(R"("threads": 2, "memory": )") + memory);
    std::optional<RunPlan> plan;
    (void)pipeline.run({.on_start = [&](const RunPlan& chosen) { plan = chosen; }});
    REQUIRE(plan);
    CHECK(plan->memory_bytes <= (memory == std::string("\"1GiB\"") ? 1U << 30U
                                 : memory[1] == '3'                ? 3'000'000U
                                                                   : 1'000'000U));
    CHECK(plan->batch * plan->batches_in_flight * 100'100 <= plan->memory_bytes);
  }
  auto pipeline = flow_pipeline(script, R"("threads": 2, "memory": "100kB")");
  try {
    (void)pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
    CHECK(std::string(error.what()).starts_with("run/memory: "));
  }
  CHECK(script.n_abandoned == 1);  // The writer had been opened.
}

TEST_CASE("flow: what the reader holds, and the first series that are learned from, are part of run.memory") {
  FlowScript script;
  const auto plan_of = [&] { return flow_pipeline(script, R"("threads": 2, "memory": "1MB")").run().plan; };
  const std::uint64_t without = plan_of().batch * plan_of().batches_in_flight;
  script.reader_held_bytes = 900'000;
  const RunPlan plan = plan_of();
  CHECK(plan.memory_bytes > 900'000);
  CHECK(plan.memory_bytes <= 1'000'000);
  CHECK(plan.batch * plan.batches_in_flight < without);
  script.reader_held_bytes = 999'999;
  CHECK_THROWS_WITH_AS(plan_of(), doctest::Contains("976.6 KiB of it to read"), Error);

  script.reader_held_bytes = 0;
  script.n_points = 10'000;
  script.n_learned_images = 5;
  CHECK(plan_of().memory_bytes > 5 * 80'000);
  script.n_learned_images = 20;
  CHECK_THROWS_WITH_AS(plan_of(), doctest::Contains("of it to read"), Error);
}

TEST_CASE("flow: batches are multiples of what the writers pack together") {
  FlowScript script;
  script.batch_multiple = 6;
  auto pipeline = flow_pipeline(script);
  CHECK(pipeline.run().plan.batch % 6 == 0);
  auto refused = flow_pipeline(script, R"("batch": 7)");
  CHECK_THROWS_WITH_AS((void)refused.run(),
                       "run/batch: 7 is not a multiple of the 6 images that the writers pack together", Error);
}

TEST_CASE("flow: a serial drawer never runs twice at once") {
  FlowScript script;
  script.serial_drawer = true;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "draw") sleep_ms(1);
  };
  (void)flow_pipeline(script, R"("batch": 4, "threads": 4)").run();
  CHECK(script.most_drawing == 1);
}

TEST_CASE("flow: 400 ms writes overlap with 50 ms drawing: 20 batches take the writes' time, not the sum") {
  FlowScript script;
  script.n_series = 20;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "draw") sleep_ms(50);
    if (step == "commit") sleep_ms(400);
  };
  const RunReport report = flow_pipeline(script, R"("batch": 1, "threads": 2)").run();
  const double busiest = busiest_seconds(report);
  MESSAGE("20 batches, 400 ms writes, 50 ms drawing: " << report.seconds << " s; the busiest stage " << busiest
                                                       << " s");
  CHECK(busiest >= 8.0);
  CHECK(report.seconds <= 1.1 * busiest);
}

TEST_CASE("flow: one thread is enough for writes to overlap with drawing") {
  FlowScript script;
  script.n_series = 20;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "draw") sleep_ms(30);
    if (step == "commit") sleep_ms(40);
  };
  const RunReport report = flow_pipeline(script, R"("batch": 1, "threads": 1)").run();
  CHECK(report.seconds <= 1.5 * busiest_seconds(report));  // Not 1.75.
}

TEST_CASE("flow: a pipeline runs as often as asked, with new stages each time") {
  FlowScript script;
  auto pipeline = flow_pipeline(script);
  CHECK(pipeline.run().images == 100);
  CHECK(pipeline.run().images == 100);
  CHECK(used_lists(script) == std::vector(2, counted(100)));
}

TEST_CASE("flow: no series at all is a run of no images") {
  FlowScript script;
  script.n_series = 0;
  const RunReport report = flow_pipeline(script).run();
  CHECK(report.images == 0);
  CHECK(script.n_finished == 1);
}

TEST_CASE(
    "flow: names of groups without a series reach the writers in any batch size, also where all images are stored") {
  for (const char* batch : {"1", "3", "5", "10", "100"}) {
    for (const auto& [n_stored, knows_count] :
         {std::pair{0U, true}, {7U, true}, {10U, true}, {0U, false}, {10U, false}}) {
      CAPTURE(std::string(batch));
      CAPTURE(n_stored);
      CAPTURE(knows_count);
      FlowScript script;
      script.n_series = 10;
      script.knows_count = knows_count;
      script.last_group = "late";
      script.n_stored = n_stored;
      auto pipeline = flow_pipeline(script, std::string(R"("batch": )") + batch);
      CHECK(pipeline.run({.resume = n_stored > 0}).images == 10 - n_stored);
      CHECK(script.groups == std::vector<std::string>{"even", "odd", "late"});
    }
  }
}

TEST_CASE("flow: busy and waiting time say which stage is the slow one") {
  FlowScript script;
  script.n_series = 10;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "commit") sleep_ms(20);
  };
  const RunReport report = flow_pipeline(script, R"("batch": 1)").run();
  REQUIRE(report.stages.size() == 4);
  CHECK(report.stages[3].id == "store commit");
  CHECK(report.stages[3].busy_seconds >= 0.2);
  CHECK(report.stages[3].waiting_seconds <= report.seconds - 0.2);
  CHECK(report.stages[1].id == "charts");
  CHECK(report.stages[1].waiting_seconds >= 0.1);
}

TEST_CASE("flow: progress ends with every image, and the plan comes first") {
  FlowScript script;
  bool planned = false;
  std::vector<Progress> seen;
  auto pipeline = flow_pipeline(script);
  (void)pipeline.run({.on_start = [&](const RunPlan& plan) { planned = plan.device == "cpu" && seen.empty(); },
                      .on_progress = [&](const Progress& progress) { seen.push_back(progress); }});
  CHECK(planned);
  REQUIRE_FALSE(seen.empty());
  CHECK(seen.back().images == 100);
  CHECK(seen.back().n_images == 100);
}

TEST_CASE("flow: progress tells which stage is busy and where batches wait") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "commit") sleep_ms(10);
  };
  std::vector<Progress> seen;
  auto pipeline = flow_pipeline(script, R"("batch": 2, "threads": 2)");
  const RunReport report = pipeline.run({.on_progress = [&](const Progress& progress) { seen.push_back(progress); }});
  REQUIRE(seen.size() >= 3);
  for (const Progress& progress : seen) {
    REQUIRE(progress.stages.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(progress.stages[i].id == report.stages[i].id);
      CHECK(progress.stages[i].step == report.stages[i].step);
      CHECK(progress.stages[i].busy >= 0);
      CHECK(progress.stages[i].busy <= 1);
      CHECK(progress.stages[i].batches_waiting <= report.plan.batches_in_flight);
    }
  }
  const std::vector<StageProgress>& stages = seen[seen.size() / 2].stages;
  CHECK(stages[0].batches_waiting == 0);
  CHECK(stages[3].batches_waiting >= 2);
  CHECK(stages[3].busy > 0.8);
  CHECK(stages[1].busy < 0.5);
  for (const StageProgress& stage : seen.back().stages) CHECK(stage.images == 100);
}

}  // namespace plotmill
