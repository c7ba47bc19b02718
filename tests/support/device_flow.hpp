// A pipeline of scripted stages (flow_stages.hpp) whose drawer also draws on an emulated device.
#pragma once

#include <cmath>
#include <cstring>

#include "engine/definition/definition.hpp"
#include "engine/run/run.hpp"
#include "support/emulated_device.hpp"
#include "support/flow_stages.hpp"

namespace plotmill::test {

/// Its work holds the values as they were measured, and its packed ink the values of the batch.
class FlowDeviceDrawer final : public DeviceDrawer {
 public:
  FlowDeviceDrawer(FlowScript& script, std::size_t n_points) : script_(script), n_points_(n_points) {}

  static constexpr std::uint64_t work_bytes_per_image = 1000;

  [[nodiscard]] std::uint32_t max_images() const override { return 1000; }
  [[nodiscard]] std::uint64_t work_bytes(std::uint32_t n) const override { return n * work_bytes_per_image; }
  void measure(const DeviceQueue&, const double* values, std::uint32_t n, std::byte* work,
               InkSize* size) const override {
    script_.on("measure", n);
    for (std::uint32_t i = 0; i < n; ++i)
      std::memcpy(work + i * sizeof(double), values + i * n_points_, sizeof(double));
    *size = {n, 0};
  }
  [[nodiscard]] std::uint64_t packed_bytes(std::uint32_t n, InkSize) const override { return n * sizeof(double); }
  void write(const DeviceQueue&, const double*, std::uint32_t n, std::byte* work, InkSize size,
             std::byte* packed) const override {
    script_.on("write", n);
    if (size.n_runs != n) throw Error(ErrorKind::device, "the size is of another batch");
    std::memcpy(packed, work, n * sizeof(double));
  }
  // A run of one pixel; none of a series that is NaN.
  void append(const std::byte* packed, std::uint32_t n, InkSize, Ink& out) const override {
    script_.on("append", n);
    for (std::uint32_t i = 0; i < n; ++i) {
      double value = 0;
      std::memcpy(&value, packed + i * sizeof(double), sizeof value);
      if (!std::isnan(value)) {
        out.runs.push_back({0, 1});
        out.coverage.push_back(static_cast<std::uint8_t>(1 + static_cast<int>(value) % 255));
      }
      out.row_begin.push_back(static_cast<std::uint32_t>(out.runs.size()));
      out.coverage_begin.push_back(out.coverage.size());
    }
  }

 private:
  FlowScript& script_;
  std::size_t n_points_;
};

/// flow_pipeline() on emulated devices.
class DeviceFlow {
 public:
  explicit DeviceFlow(FlowScript& script, DeviceScript& devices, const std::string& run,
                      const std::string& more_stages = "", const std::string& device = "cuda")
      : registry_(flow_registry(script)),
        definition_(parse_definition(R"({"plotmill": 1, "run": {"device": ")" + device + R"(", )" + run +
                                         R"(}, "stages": [
            {"id": "in", "type": "flow_read"}, {"id": "charts", "type": "flow_draw"},
            {"id": "store", "type": "flow_write"})" +
                                         more_stages + "]}",
                                     "", {}, registry_)),
        source_(emulated_devices(devices)) {}

  RunReport run(const RunOptions& options = {}) { return run_definition(definition_, options, cancelled, source_); }

  /// The error that a run ends with.
  Error error(const RunOptions& options = {}) {
    try {
      (void)run(options);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::internal, "no error"};
  }

  std::atomic<bool> cancelled = false;

 private:
  Registry registry_;
  Definition definition_;
  DeviceSource source_;
};

}  // namespace plotmill::test
