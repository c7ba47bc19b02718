// Devices that fail, hang or are not there.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <thread>

#include "support/device_flow.hpp"

namespace plotmill {
namespace {

using namespace test;

struct DeviceFlowScript : FlowScript {
  DeviceFlowScript() {
    device_drawer = [this](std::size_t n) { return std::make_unique<FlowDeviceDrawer>(*this, n); };
  }
};

ChosenDevices choose(const std::string& asked, DeviceScript& script, bool can_draw = true) {
  return choose_devices(asked, can_draw, emulated_devices(script));
}

std::string refusal_of(const std::string& asked, DeviceScript& script, bool can_draw = true) {
  try {
    (void)choose(asked, script, can_draw);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::device);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("devices: auto takes the first GPU, or says why it takes the CPU") {
  DeviceScript script;
  CHECK(choose("auto", script).name == "cuda:0");
  CHECK(choose("auto", script).reason == "emulated 0");
  CHECK(choose("auto", script).devices.size() == 1);
  CHECK(choose("cpu", script).devices.empty());
  CHECK(choose("cpu", script).reason == "as asked");
  CHECK(choose("auto", script, false).reason == "no stage of this definition can draw on a GPU");
  script.n_devices = 0;
  CHECK(choose("auto", script).name == "cpu");
  CHECK(choose("auto", script).devices.empty());
  CHECK(choose("auto", script).reason == "no device is emulated");
}

TEST_CASE("devices: a GPU that was asked for is used, or what is missing is told") {
  DeviceScript script;
  script.n_devices = 3;
  CHECK(choose("cuda", script).name == "cuda:0");
  CHECK(choose("cuda:2", script).name == "cuda:2");
  CHECK(choose("cuda:2", script).reason == "emulated 2");
  CHECK(choose("cuda:all", script).name == "cuda:all");
  CHECK(choose("cuda:all", script).devices.size() == 3);
  CHECK(choose("cuda:all", script).reason == "emulated 0 + emulated 1 + emulated 2");
  CHECK(refusal_of("cuda:3", script) ==
        "run/device: \"cuda:3\" can't be had: there are 3 GPUs, from cuda:0 on; auto takes the CPU where there is no "
        "GPU");
  script.n_devices = 1;
  CHECK(refusal_of("cuda:1", script).find("there is one GPU, cuda:0") != std::string::npos);
  CHECK(refusal_of("cuda", script, false).find("no stage of this definition can draw on a GPU") != std::string::npos);
  script.n_devices = 0;
  CHECK(refusal_of("cuda:all", script).find("no device is emulated") != std::string::npos);
}

TEST_CASE("devices: a GPU that can't be opened is refused, and auto takes the CPU") {
  DeviceScript script;
  DeviceSource source = emulated_devices(script);
  source.open = [](std::size_t) -> std::unique_ptr<Device> { throw Error(ErrorKind::device, "it is broken"); };
  CHECK(choose_devices("auto", true, source).reason == "it is broken");
  CHECK_THROWS_WITH_AS((void)choose_devices("cuda", true, source), doctest::Contains("can't be had: it is broken"),
                       Error);
}

TEST_CASE("devices: a failure in any step ends the run with the device's words, the stage and the batch") {
  for (const std::string step : {"submit", "copy in", "copy out", "then"}) {
    for (const std::uint64_t nth : {0U, 1U, 8U, 9U}) {
      for (const int streams : {1, 4}) {
        DeviceFlowScript script;
        DeviceScript devices;
        devices.on = [&](const std::string& at, std::uint64_t n) {
          if (at == step && n == nth) throw Error(ErrorKind::device, "the GPU failed: planted");
        };
        DeviceFlow flow(script, devices, R"("batch": 5, "streams": )" + std::to_string(streams));
        const Error error = flow.error();
        const std::string text = error.what();
        CAPTURE(step);
        CAPTURE(text);
        CHECK(error.kind() == ErrorKind::device);
        CHECK(text.starts_with("charts (flow_draw) batch "));
        CHECK(text.ends_with(" on cuda:0: the GPU failed: planted"));
        CHECK(script.n_finished == 0);
        CHECK(script.n_abandoned == 1);
        CHECK(devices.n_bytes == 0);
      }
    }
  }
}

TEST_CASE("devices: memory that is refused before the first batch ends the run, with nothing left") {
  for (const std::uint64_t n_bytes : {4U, 12U, 20U}) {
    DeviceFlowScript script;
    DeviceScript devices;
    devices.n_devices = 2;
    devices.device_bytes = n_bytes;
    const Error error = DeviceFlow(script, devices, R"("batch": 5)", "", "cuda:all").error();
    CHECK(error.kind() == ErrorKind::out_of_memory);
    CHECK(std::string(error.what()) == "charts (flow_draw): memory of the emulated device was refused");
    CHECK(devices.n_bytes == 0);
    CHECK(script.n_abandoned == 1);
  }
}

TEST_CASE("devices: a kernel that can't be put in ends the run") {
  for (const std::string step : {"measure", "write", "append"}) {
    DeviceFlowScript script;
    script.on = [&](const std::string& at, std::uint64_t) {
      if (at == step) throw Error(ErrorKind::device, "no kernel image for this GPU");
    };
    DeviceScript devices;
    const Error error = DeviceFlow(script, devices, R"("batch": 5)").error();
    CHECK(error.kind() == ErrorKind::device);
    CHECK(std::string(error.what()).ends_with("on cuda:0: no kernel image for this GPU"));
    CHECK(devices.n_bytes == 0);
  }
}

TEST_CASE("devices: a device that hangs stalls the run, and all is freed once it comes back") {
  DeviceFlowScript script;
  DeviceScript devices;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  script.on = [&](const std::string& step, std::uint64_t) {
    if (step == "write") released.wait();
  };
  {
    DeviceFlow flow(script, devices, R"("batch": 1, "streams": 2, "threads": 2, "stall_timeout": 0.3)");
    const int destroyed_before = script.n_destroyed;
    const Error error = flow.error();
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(error.kind() == ErrorKind::stalled);
    CHECK(text.find("charts (flow_draw)           0             2      works on batch 0 for 0 s") != std::string::npos);
    release.set_value();
    for (int i = 0; i < 500 && script.n_destroyed == destroyed_before; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(script.n_destroyed == destroyed_before + 1);
  }
  for (int i = 0; i < 500 && devices.n_bytes != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(devices.n_bytes == 0);
}

TEST_CASE("devices: cancel stops a run without end") {
  DeviceFlowScript script;
  script.n_series = 1'000'000'000;
  script.knows_count = false;
  DeviceScript devices;
  DeviceFlow flow(script, devices, R"("batch": 5)");
  script.on = [&](const std::string& step, std::uint64_t batch) {
    if (step == "commit" && batch == 20) flow.cancelled = true;
  };
  const auto start = std::chrono::steady_clock::now();
  CHECK(flow.error().kind() == ErrorKind::cancelled);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(script.n_abandoned == 1);
  CHECK(devices.n_bytes == 0);
}

}  // namespace plotmill
