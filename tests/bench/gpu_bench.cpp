// How fast the first GPU draws. Prints one JSON object:
//
//   device, driver, runtime, images, batch, width, height, points, line_width_px, streams
//   copy_bytes_per_second  of a copy within the device's memory: bytes read and written
//   kernel                 drawing alone, from series on the device to ink on the device
//   moved                  drawing with all that is moved: series there, size and ink back, on several streams
//   frames                 filling frames of pixels from ink, both on the device
//
// Rates are of medians. Fails where the ink is not the CPU's; ends with 77 where there is no GPU to be used.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "bench/gpu_owners.hpp"
#include "bench/gpu_runs.hpp"
#include "support/chart_series.hpp"

using namespace plotmill;
using namespace plotmill::bench;
using json = nlohmann::ordered_json;

namespace {

constexpr int exit_without_gpu = 77;

struct Settings {
  std::uint32_t images = 262144;
  std::uint32_t batch = 4096;
  std::uint32_t points = 100;
  std::uint32_t streams = 4;
  LineOptions options;
};

/// Why there is no GPU to be used; empty where there is one.
std::string no_gpu() {
  int n = 0;
  const cudaError_t status = cudaGetDeviceCount(&n);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  return n > 0 ? "" : "no GPU is there";
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

json device_json() {
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, 0), "asking for the device");
  int driver = 0;
  int runtime = 0;
  require(cudaDriverGetVersion(&driver), "asking for the driver");
  require(cudaRuntimeGetVersion(&runtime), "asking for the runtime");
  return {{"device", properties.name},
          {"compute_capability", std::to_string(properties.major) + "." + std::to_string(properties.minor)},
          {"multiprocessors", properties.multiProcessorCount},
          {"memory_bytes", properties.totalGlobalMem},
          {"driver", version_text(driver)},
          {"runtime", version_text(runtime)}};
}

json kernel_json(const KernelTimes& times, std::uint32_t n_images, double copy_rate) {
  const double bytes_per_second = static_cast<double>(times.packed_bytes) / times.write_seconds;
  return {{"images", n_images},
          {"images_per_second", n_images / times.seconds},
          {"seconds", times.seconds},
          {"measure_seconds", times.measure_seconds},
          {"write_seconds", times.write_seconds},
          {"ink_bytes_per_image", static_cast<double>(times.packed_bytes) / n_images},
          {"ink_pixels_per_image", static_cast<double>(times.size.n_ink) / n_images},
          {"write_bytes_per_second", bytes_per_second},
          {"write_share_of_copy", bytes_per_second / copy_rate}};
}

json moved_json(double seconds, std::uint64_t n_images, double bytes_up, double bytes_down) {
  const double images_per_second = static_cast<double>(n_images) / seconds;
  return {{"images", n_images},
          {"images_per_second", images_per_second},
          {"seconds", seconds},
          {"upload_bytes_per_second", images_per_second * bytes_up},
          {"download_bytes_per_second", images_per_second * bytes_down}};
}

json frames_json(double seconds, std::uint32_t n_images, double bytes_per_image, double copy_rate) {
  const double bytes_per_second = n_images * bytes_per_image / seconds;
  return {{"images_per_second", n_images / seconds},
          {"seconds", seconds},
          {"bytes_per_second", bytes_per_second},
          {"share_of_copy", bytes_per_second / copy_rate}};
}

json run(const Settings& settings) {
  require(cudaSetDevice(0), "choosing the device");
  const auto drawer = device_line_drawer(settings.options, settings.points);
  const std::uint32_t batch = std::min(settings.batch, drawer->max_images());
  const std::vector<double> values = test::random_walks(batch, settings.points);
  const GpuCase charts{settings.options, settings.points, batch, values};
  if (!draws_the_cpus_ink(charts, *drawer)) throw std::runtime_error("the ink is not that of draw_lines() on the CPU");

  json report = device_json();
  report.update({{"images", settings.images},
                 {"batch", batch},
                 {"width", settings.options.width},
                 {"height", settings.options.height},
                 {"points", settings.points},
                 {"line_width_px", settings.options.line_width_px},
                 {"streams", settings.streams},
                 {"ink_is_the_cpus", true}});
  const double copy_rate = copy_bytes_per_second();
  report["copy_bytes_per_second"] = copy_rate;
  const KernelTimes kernel = time_kernels(charts, *drawer);
  report["kernel"] = kernel_json(kernel, batch, copy_rate);
  const std::uint32_t n_batches = std::max(settings.images / batch, 2 * settings.streams);
  report["moved"] =
      moved_json(time_moved(charts, *drawer, settings.streams, n_batches), std::uint64_t{n_batches} * batch,
                 4.0 * settings.points, static_cast<double>(kernel.packed_bytes) / batch);
  // Of 800x500 pixels in float32 this is 0.8 GB.
  const GpuCase few{settings.options, settings.points, std::min(batch, 512U), values};
  const FrameTimes frames = time_frames(few, *drawer);
  const double n_pixels = 1.0 * settings.options.width * settings.options.height;
  report["frames"] = {{"images", few.n_images},
                      {"uint8", frames_json(frames.uint8_seconds, few.n_images, n_pixels, copy_rate)},
                      {"float32", frames_json(frames.float32_seconds, few.n_images, 4 * n_pixels, copy_rate)}};
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Measures how fast the first GPU draws line charts", "gpu_bench");
  app.add_option("--images", settings.images, "images of `moved` (262144)")->check(CLI::PositiveNumber);
  app.add_option("--batch", settings.batch, "images of a batch (4096)")->check(CLI::PositiveNumber);
  app.add_option("--width", settings.options.width, "px (800)");
  app.add_option("--height", settings.options.height, "px (500)");
  app.add_option("--points", settings.points, "of each series (100)")->check(CLI::PositiveNumber);
  app.add_option("--line-width", settings.options.line_width_px, "px (1.5)");
  app.add_option("--streams", settings.streams, "of `moved` (4)")->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  try {
    if (const std::string reason = no_gpu(); !reason.empty()) {
      std::fprintf(stderr, "gpu_bench: there is no GPU to be used: %s\n", reason.c_str());
      return exit_without_gpu;
    }
    std::printf("%s\n", run(settings).dump(2, ' ', false, json::error_handler_t::replace).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    return 1;
  }
}
