// Drawing on devices, with devices that are emulated: order, several streams at once, too little memory, bad series.
#include "support/device_flow.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

namespace plotmill {
namespace {

using namespace test;

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

std::vector<std::vector<double>> counted_once(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return {values};
}

/// A script whose drawer draws on devices, and checks that each image is that of its series.
struct DeviceFlowScript : FlowScript {
  DeviceFlowScript() {
    device_drawer = [this](std::size_t n) { return std::make_unique<FlowDeviceDrawer>(*this, n); };
    on_ink = [this](BatchPosition position, const Ink& ink) {
      for (std::size_t i = 0; i < ink.n_images(); ++i) {
        const auto coverage = ink.image(i).coverage;
        if (coverage.size() != 1 || coverage[0] != 1 + (position.first_image + i) % 255) ++n_wrong;
      }
    };
  }
  std::atomic<int> n_wrong = 0;
};

}  // namespace

TEST_CASE("devices: every series is drawn and stored once and in order, on any number of devices and streams") {
  for (const std::size_t n_devices : {1U, 3U}) {
    for (const int streams : {1, 2, 4}) {
      for (const int batch : {1, 7, 64}) {
        DeviceFlowScript script;
        script.n_series = 301;
        DeviceScript devices;
        devices.n_devices = n_devices;
        devices.on = [](const std::string&, std::uint64_t n) {
          std::this_thread::sleep_for(std::chrono::microseconds(n * 7919 % 100));
        };
        DeviceFlow flow(
            script, devices,
            R"("threads": 2, "streams": )" + std::to_string(streams) + ", \"batch\": " + std::to_string(batch), "",
            "cuda:all");
        const RunReport report = flow.run();
        CAPTURE(n_devices);
        CAPTURE(streams);
        CAPTURE(batch);
        CHECK(report.images == 301);
        CHECK(used_lists(script) == counted_once(301));
        CHECK(script.n_wrong == 0);
        CHECK(script.most_drawing <= 1);  // To learn from, before there is any batch.
        CHECK(report.plan.device == "cuda:all");
        CHECK(report.plan.streams == static_cast<std::size_t>(streams));
        REQUIRE(report.stages.size() == 6);
        for (const StageReport& stage : report.stages) CHECK(stage.items == 301);
        CHECK(report.stages[1].id == "charts upload");
        CHECK(report.stages[2].id == "charts");
        CHECK(report.stages[3].id == "charts download");
        CHECK(devices.n_bytes == 0);
      }
    }
  }
}

TEST_CASE("devices: all streams work at once while one thread serves them, and none of its tasks waits") {
  DeviceFlowScript script;
  script.n_series = 40;
  DeviceScript devices;
  devices.on = [](const std::string& step, std::uint64_t) {
    if (step == "submit") sleep_ms(20);
  };
  (void)DeviceFlow(script, devices, R"("threads": 1, "streams": 4, "batch": 1)").run();
  CHECK(devices.most_busy == 4);
}

TEST_CASE("devices: two drawers on one device, and one that can only use the CPU beside them") {
  DeviceFlowScript script;
  DeviceScript devices;
  const RunReport report = DeviceFlow(script, devices, R"("batch": 9)", R"(,
      {"id": "others", "type": "flow_draw", "from": "in"},
      {"id": "again", "type": "flow_write", "from": "others"})")
                               .run();
  CHECK(used_lists(script) == std::vector(2, counted_once(100)[0]));
  CHECK(script.n_wrong == 0);
  CHECK(report.stages.size() == 1 + 2 * 3 + 2 * 2);
}

TEST_CASE("devices: a batch for which a device has no memory is drawn in parts, down to single images") {
  for (const std::uint64_t n_fit : {100U, 33U, 5U, 1U}) {
    DeviceFlowScript script;
    DeviceScript devices;
    // Room for the work, values and ink of so many images, and for the size.
    devices.device_bytes = n_fit * (FlowDeviceDrawer::work_bytes_per_image + 4 * sizeof(double) + sizeof(double)) + 8;
    std::atomic<std::uint64_t> most = 0;
    script.on = [&](const std::string& step, std::uint64_t n) {
      if (step == "measure") most = std::max<std::uint64_t>(most, n);
    };
    const RunReport report = DeviceFlow(script, devices, R"("batch": 100, "streams": 1)").run();
    CAPTURE(n_fit);
    CHECK(used_lists(script) == counted_once(100));
    CHECK(script.n_wrong == 0);
    CHECK(most <= n_fit);
    CHECK(2 * most >= n_fit / 2);
    CHECK((devices.n_refused > 0) == (n_fit < 100));
    for (const StageReport& stage : report.stages) CHECK(stage.items == 100);
  }
}

TEST_CASE("devices: a device without memory for one image is an error that says so") {
  DeviceFlowScript script;
  DeviceScript devices;
  devices.device_bytes = 500;
  const Error error = DeviceFlow(script, devices, R"("batch": 100, "streams": 2)").error();
  CHECK(error.kind() == ErrorKind::out_of_memory);
  CHECK(std::string(error.what()).starts_with("charts (flow_draw): cuda:0 has no room for one image: memory of the"));
  CHECK(devices.n_bytes == 0);
}

TEST_CASE("devices: the batch is chosen by what is free on the device and by run.memory") {
  DeviceFlowScript script;
  script.n_series = 1'000'000;
  script.knows_count = false;
  DeviceScript devices;
  const auto plan_of = [&](const std::string& run) {
    DeviceFlow flow(script, devices, run);
    std::optional<RunPlan> plan;
    (void)flow.error({.on_start = [&](const RunPlan& chosen) {
      plan = chosen;
      flow.cancelled = true;
    }});
    REQUIRE(plan);
    return *plan;
  };
  CHECK(plan_of("\"threads\": 2").batch == 1000);  // As many as the drawer takes.
  devices.told_free_bytes = 1'000'000;
  const RunPlan plan = plan_of("\"threads\": 2, \"streams\": 2");
  CHECK(plan.batch * 2 * (1000 + 32 + 8) <= 800'000);
  CHECK(plan.batch * 2 * (1000 + 32 + 8) > 790'000);
  CHECK(plan_of("\"threads\": 2, \"memory\": \"1MB\"").memory_bytes <= 1'000'000);
  CHECK(plan.batches_in_flight == 2 * 2 + 1 + 1 + 2);
}

TEST_CASE("devices: nothing is allocated once every stream has had a batch") {
  DeviceFlowScript script;
  script.n_series = 400;
  DeviceScript devices;
  (void)DeviceFlow(script, devices, R"("batch": 10, "streams": 2)").run();
  // Of two streams the two sizes, series, work and ink on the device, and both of what moves as pinned memory.
  CHECK(devices.n_allocations == 2 * (2 + 3 + 2));
}

TEST_CASE("devices: 400 ms writes overlap with 50 ms drawing on 1, 2 and 4 streams: 20 batches take the writes' time") {
  for (const int streams : {1, 2, 4}) {
    DeviceFlowScript script;
    script.n_series = 20;
    script.on = [](const std::string& step, std::uint64_t) {
      if (step == "write") sleep_ms(50);
      if (step == "commit") sleep_ms(400);
    };
    DeviceScript devices;
    const RunReport report =
        DeviceFlow(script, devices, R"("batch": 1, "threads": 2, "streams": )" + std::to_string(streams)).run();
    const double busiest = busiest_seconds(report);
    MESSAGE(streams << " streams: " << report.seconds << " s; the busiest stage " << busiest << " s");
    CHECK(busiest >= 8.0);
    CHECK(report.seconds <= 1.1 * busiest);
  }
}

TEST_CASE("devices: a bad series gives a blank image where run.on_bad_series says so") {
  DeviceFlowScript script;
  script.n_series = 100;
  script.bad_series = {0, 13, 14, 99};
  script.on_ink = [&](BatchPosition position, const Ink& ink) {
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      const bool is_bad = std::ranges::count(script.bad_series, position.first_image + i) > 0;
      if (ink.image(i).runs.empty() != is_bad) ++script.n_wrong;
    }
  };
  DeviceScript devices;
  const RunReport report = DeviceFlow(script, devices, R"("batch": 10, "on_bad_series": "blank")").run();
  CHECK(report.n_blanked == 4);
  CHECK(report.blank == 0);
  CHECK(script.n_wrong == 0);
}

}  // namespace plotmill
