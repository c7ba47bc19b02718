// Whole pipelines with the real stages on devices, whose kernels are executed on the CPU: what is stored is equal byte
// for byte to what a run on the CPU stores.
#include <doctest/doctest.h>

#include <random>

#include "engine/definition.hpp"
#include "engine/run.hpp"
#include "support/emulated_device.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

/// Rows of 40 points: walks, gaps, flat ones, one without any value and one that is too short to be read.
void write_csv(const TempDir& folder) {
  std::mt19937 random(7);
  std::string rows = "group,value\n";
  double value = 0;
  for (int row = 0; row < 4000; ++row) {
    value += static_cast<double>(random()) / 4294967296.0 - 0.5;
    const bool is_flat = row / 200 == 7;
    const bool is_gap = row % 37 == 5 || row / 100 == 21;
    rows += "g" + std::to_string(row / 900) + ",";
    rows += (is_gap ? "" : is_flat ? "3" : std::to_string(value)) + "\n";
  }
  (void)folder.write("in.csv", rows);
}

std::string definition_in(const TempDir& folder, const std::string& run, const std::string& out) {
  const std::string path = folder.path().string() + "/";
  return R"({"plotmill": 1, "run": {)" + run + R"(}, "stages": [
      {"id": "in", "type": "read_csv", "params": {"path": ")" +
         path + R"(in.csv", "column": "value", "group_by": "group", "window": 40, "stride": 13}},
      {"id": "charts", "type": "draw_lines", "params": {"width": 160, "height": 90}},
      {"id": "thick", "type": "draw_lines", "from": "in", "params": {"width": 70, "height": 120, "line_width": 9.5,
          "margin": 6, "antialias": false, "gaps": "interpolate", "flat": "bottom", "paper": 0, "ink": 200}},
      {"id": "store", "type": "write_hdf5", "from": "charts", "params": {"path": ")" +
         path + out + R"(/charts.h5", "images_per_file": 96, "images_per_chunk": 4}},
      {"id": "pictures", "type": "write_png", "from": "thick", "params": {"directory": ")" +
         path + out + R"(/png"}},
      {"id": "photos", "type": "write_jpeg", "from": "charts", "params": {"directory": ")" +
         path + out + R"(/jpeg"}}]})";
}

class DeviceRuns {
 public:
  DeviceRuns() { write_csv(folder_); }

  /// What a run with these values of `run` stores, on the devices where there are any.
  StoredOutputs run(const std::string& values, DeviceScript* devices = nullptr, RunReport* report = nullptr) {
    const std::string out = "out" + std::to_string(n_runs_++);
    std::filesystem::create_directories(folder_.path() / out / "png");
    std::filesystem::create_directories(folder_.path() / out / "jpeg");
    Definition definition = parse_definition(definition_in(folder_, values, out), "", {}, registry_);
    if (devices != nullptr) definition.run.devices = emulated_devices(*devices);
    const RunReport done = run_definition(definition, {}, cancelled_);
    if (report != nullptr) *report = done;
    StoredOutputs stored = read_outputs(folder_.path() / out);
    return stored;
  }

 private:
  TempDir folder_;
  Registry registry_ = builtin_stages();
  std::atomic<bool> cancelled_ = false;
  int n_runs_ = 0;
};

}  // namespace

TEST_CASE("devices: what is stored is equal to that of the CPU, byte for byte") {
  DeviceRuns runs;
  for (const std::string bad : {R"("on_bad_series": "error")", R"("on_bad_series": "blank")"}) {
    const StoredOutputs expected = runs.run(R"("device": "cpu", "threads": 2, )" + bad);
    REQUIRE(expected.size() > 500);
    for (const auto& [device, n_devices, streams, batch] :
         {std::tuple("cuda", 1U, 1, 4), std::tuple("cuda", 1U, 4, 64), std::tuple("cuda:all", 2U, 2, 20)}) {
      DeviceScript script;
      script.n_devices = n_devices;
      RunReport report;
      const StoredOutputs stored =
          runs.run("\"device\": \"" + std::string(device) + "\", \"threads\": 2, \"streams\": " + std::to_string(streams) +
                       ", \"batch\": " + std::to_string(batch) + ", " + bad,
                   &script, &report);
      CAPTURE(device);
      CAPTURE(batch);
      CHECK(report.plan.device == (n_devices > 1 ? "cuda:all" : "cuda:0"));
      CHECK(script.n_submitted > 0);
      CHECK(stored == expected);
    }
  }
}

TEST_CASE("devices: parts for which a device has memory give the same bytes as whole batches") {
  DeviceRuns runs;
  const StoredOutputs expected = runs.run(R"("device": "cpu", "threads": 1)");
  DeviceScript script;
  script.device_bytes = 2'000'000;
  CHECK(runs.run(R"("device": "cuda", "threads": 1, "streams": 1, "batch": 256)", &script) == expected);
  CHECK(script.n_refused > 0);
}

}  // namespace plotmill
