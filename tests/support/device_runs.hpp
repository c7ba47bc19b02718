// A pipeline of real stages with every kind of output, run on the CPU or on devices.
#pragma once

#include <atomic>
#include <filesystem>
#include <random>
#include <string>

#include "engine/definition/definition.hpp"
#include "engine/run/run.hpp"
#include "support/number_text.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill::test {

/// Series with gaps, flat ones and one without any value; where asked for, also rows that can't be read.
inline void write_csv(const TempDir& folder, const std::string& name, bool with_bad_rows) {
  std::mt19937 random(7);
  std::string rows = "group,value\n";
  double value = 0;
  for (int row = 0; row < 4000; ++row) {
    value += static_cast<double>(random()) / 4294967296.0 - 0.5;
    const bool is_flat = row / 200 == 7;
    const bool is_gap = row % 37 == 5 || row / 100 == 21;
    rows += "g" + std::to_string(row / 900) + ",";
    rows += (with_bad_rows && row % 211 == 100 ? "oops" : is_gap ? "" : is_flat ? "3" : number_text(value)) + "\n";
  }
  (void)folder.write(name, rows);
}

inline std::string definition_in(const TempDir& folder, const std::string& run, const std::string& out) {
  const std::string path = folder.path().string() + "/";
  const bool takes_bad_rows = run.find("\"blank\"") != std::string::npos || run.find("\"skip\"") != std::string::npos;
  return R"({"plotmill": 1, "run": {)" + run + R"(}, "stages": [
      {"id": "in", "type": "read_csv", "params": {"path": ")" +
         path + (takes_bad_rows ? "bad" : "good") +
         R"(.csv", "column": "value", "group_by": "group", "window": 40, "stride": 13}},
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
  DeviceRuns() {
    write_csv(folder_, "good.csv", false);
    write_csv(folder_, "bad.csv", true);
  }

  /// What a run with these values of `run` stores, on the devices where there are any.
  StoredOutputs run(const std::string& values, const DeviceSource* devices = nullptr, RunReport* report = nullptr) {
    const std::string out = "out" + std::to_string(n_runs_++);
    std::filesystem::create_directories(folder_.path() / out / "png");
    std::filesystem::create_directories(folder_.path() / out / "jpeg");
    const Definition definition = parse_definition(definition_in(folder_, values, out), "", {}, registry_);
    const RunReport done = run_definition(definition, {}, cancelled_, devices != nullptr ? *devices : cuda_devices());
    if (report != nullptr) *report = done;
    return read_outputs(folder_.path() / out);
  }

 private:
  TempDir folder_;
  Registry registry_ = builtin_stages();
  std::atomic<bool> cancelled_ = false;
  int n_runs_ = 0;
};

}  // namespace plotmill::test
