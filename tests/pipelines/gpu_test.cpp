// Pipelines on the GPU of this machine. Where there is none these are skipped, but with PLOTMILL_REQUIRE_GPU they fail.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "support/device_runs.hpp"
#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

bool there_is_a_gpu() {
  const DeviceSource::Found found = cuda_devices().find();
  if (found.n_devices > 0) return true;
  if (std::getenv("PLOTMILL_REQUIRE_GPU") != nullptr) FAIL(found.absence);
  MESSAGE("SKIPPED: " << found.absence);
  return false;
}

}  // namespace

TEST_CASE("gpu: what is stored is equal to that of the CPU, byte for byte") {
  if (!there_is_a_gpu()) return;
  DeviceRuns runs;
  for (const std::string bad : {"error", "blank", "skip"}) {
    const std::string on_bad = "\"on_bad_series\": \"" + bad + "\"";
    const StoredOutputs expected = runs.run(R"("device": "cpu", )" + on_bad);
    for (const std::string how : {R"("streams": 1, "batch": 4)", R"("streams": 4, "batch": 64)", R"("streams": 3)"}) {
      RunReport report;
      CAPTURE(how);
      CHECK(runs.run(R"("device": "cuda:all", )" + how + ", " + on_bad, nullptr, &report) == expected);
      CHECK(report.plan.device == "cuda:all");
    }
  }
}

TEST_CASE("gpu: 400 ms writes overlap with drawing on 1, 2 and 4 streams: 20 batches take the writes' time") {
  if (!there_is_a_gpu()) return;
  for (const int streams : {1, 2, 4}) {
    FlowScript script;
    script.on = [](const std::string& step, std::uint64_t) {
      if (step == "commit") std::this_thread::sleep_for(std::chrono::milliseconds(400));
    };
    Registry registry = builtin_stages();
    registry.add({.type = "flow_write", .summary = "Writes slowly.", .make = [&] {
                    return std::unique_ptr<Writer>(new FlowWriter(script));
                  }});
    const RunReport report = Pipeline::from_json(R"({"plotmill": 1, "run": {"device": "cuda", "memory": "64GiB",
        "batch": 2048, "streams": )" + std::to_string(streams) +
                                                     R"(}, "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": 40960}}, {"id": "charts", "type": "draw_lines"},
        {"id": "store", "type": "flow_write"}]})",
                                                 {}, std::move(registry))
                                 .run();
    double busiest = 0;
    for (const StageReport& stage : report.stages) {
      busiest = std::max(busiest, stage.busy_seconds / static_cast<double>(stage.threads));
    }
    MESSAGE(streams << " streams: " << report.seconds << " s; the busiest stage " << busiest << " s");
    CHECK(report.images == 40960);
    CHECK(busiest >= 8.0);
    CHECK(report.seconds <= 1.1 * busiest);
  }
}

}  // namespace plotmill
