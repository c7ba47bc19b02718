// Whole pipelines with the real stages on devices, whose kernels are executed on the CPU: what is stored is equal byte
// for byte to what a run on the CPU stores.
#include <doctest/doctest.h>

#include <tuple>

#include "support/device_runs.hpp"
#include "support/emulated_device.hpp"

namespace plotmill {

using namespace test;

TEST_CASE("devices: what is stored is equal to that of the CPU, byte for byte") {
  DeviceRuns runs;
  for (const std::string bad : {"error", "blank", "skip"}) {
    const std::string on_bad = "\"on_bad_series\": \"" + bad + "\"";
    const StoredOutputs expected = runs.run(R"("device": "cpu", "threads": 2, )" + on_bad);
    REQUIRE(expected.size() > 500);
    for (const auto& [device, n_devices, streams, batch] :
         {std::tuple("cuda", 1U, 1, 4), std::tuple("cuda", 1U, 4, 64), std::tuple("cuda:all", 2U, 2, 20)}) {
      DeviceScript script;
      script.n_devices = n_devices;
      const DeviceSource source = emulated_devices(script);
      RunReport report;
      const StoredOutputs stored = runs.run("\"device\": \"" + std::string(device) +
                                                "\", \"threads\": 2, \"streams\": " + std::to_string(streams) +
                                                ", \"batch\": " + std::to_string(batch) + ", " + on_bad,
                                            &source, &report);
      const std::string where = device + (" in batches of " + std::to_string(batch));
      CAPTURE(where);
      CHECK(report.plan.device == (n_devices > 1 ? "cuda:all" : "cuda:0"));
      CHECK(script.n_submitted > 0);
      CHECK((report.n_blanked > 0) == (bad == "blank"));
      CHECK((report.n_skipped > 0) == (bad == "skip"));
      CHECK(stored == expected);
    }
  }
}

TEST_CASE("devices: parts for which a device has memory give the same bytes as whole batches") {
  DeviceRuns runs;
  const StoredOutputs expected = runs.run(R"("device": "cpu", "threads": 1)");
  DeviceScript script;
  script.device_bytes = 2'000'000;
  const DeviceSource source = emulated_devices(script);
  CHECK(runs.run(R"("device": "cuda", "threads": 1, "streams": 1, "batch": 256)", &source) == expected);
  CHECK(script.n_refused > 0);
}

}  // namespace plotmill
