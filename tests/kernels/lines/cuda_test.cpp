// The kernels on a GPU, where there is one, against the CPU's ink, bit for bit; where there is none, what is said.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "kernels/ink/fill_rows.hpp"
#include "support/host_queue.hpp"
#include "support/line_charts.hpp"

#ifdef PLOTMILL_CUDA
#include <cuda_runtime_api.h>
#endif

namespace plotmill {
namespace {

using namespace test;

#ifdef PLOTMILL_CUDA

void require(cudaError_t status) {
  if (status != cudaSuccess) FAIL(cudaGetErrorString(status));
}

bool there_is_a_gpu() {
  int n = 0;
  return cudaGetDeviceCount(&n) == cudaSuccess && n > 0;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// PLOTMILL_REQUIRE_GPU makes a failure of what else is skipped.
void say_there_is_no_gpu() {
  if (is_set("PLOTMILL_REQUIRE_GPU")) FAIL("there is no GPU, and PLOTMILL_REQUIRE_GPU is set");
  MESSAGE("SKIPPED: there is no GPU");
}

/// `n` elements of a GPU's memory.
template <class T>
class GpuArray {
 public:
  explicit GpuArray(std::size_t n) : n_(n) { require(cudaMalloc(&data_, std::max<std::size_t>(n, 1) * sizeof(T))); }
  GpuArray(const T* from, std::size_t n) : GpuArray(n) {
    require(cudaMemcpy(data_, from, n * sizeof(T), cudaMemcpyHostToDevice));
  }
  GpuArray(const GpuArray&) = delete;
  GpuArray& operator=(const GpuArray&) = delete;
  ~GpuArray() { cudaFree(data_); }

  [[nodiscard]] T* data() const { return static_cast<T*>(data_); }
  /// Waits for what is under way.
  void copy_to(T* to) const { require(cudaMemcpy(to, data_, n_ * sizeof(T), cudaMemcpyDeviceToHost)); }

 private:
  std::size_t n_;
  void* data_ = nullptr;
};

template <class Pixel>
void check_frames(const kernels::DeviceLineDrawer& drawer, const GpuArray<std::byte>& packed, InkSize size,
                  const Ink& ink, const kernels::PixelTable<Pixel>& table) {
  const std::size_t n_pixels = ink.shape.n_pixels();
  const GpuArray<Pixel> frames(ink.n_images() * n_pixels);
  drawer.fill_frames({}, packed.data(), static_cast<std::uint32_t>(ink.n_images()), size, frames.data());
  std::vector<Pixel> filled(ink.n_images() * n_pixels);
  frames.copy_to(filled.data());
  std::vector<Pixel> expected(filled.size());
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    kernels::fill_rows(ink.image(i), table, expected.data() + i * n_pixels, ink.shape.width);
  }
  CHECK(filled == expected);
}

void check_on_gpu(const SequencesView& series, const LineOptions& options, const std::string& where) {
  CAPTURE(where);
  const Ink expected = draw_lines(series, options);
  const auto n = static_cast<std::uint32_t>(series.n_series);
  for (const std::uint32_t shared_bytes : {96U * 1024U, 0U}) {
    CAPTURE(shared_bytes);
    const kernels::DeviceLineDrawer drawer(options, series.n_points, {shared_bytes, 0});
    const GpuArray<double> values(series.values, series.n_series * series.n_points);
    const GpuArray<std::byte> work(drawer.work_bytes(n));
    const GpuArray<InkSize> size_there(1);
    drawer.measure({}, values.data(), n, work.data(), size_there.data());
    InkSize size{};
    size_there.copy_to(&size);
    const GpuArray<std::byte> packed_there(drawer.packed_bytes(n, size));
    drawer.write({}, values.data(), n, work.data(), size, packed_there.data());
    const DeviceMemory packed(drawer.packed_bytes(n, size));
    packed_there.copy_to(packed.data());
    Ink ink;
    ink.shape = kernels::image_shape(options);
    drawer.append(packed.data(), n, size, ink);
    REQUIRE(equal_ink(ink, expected));
    check_frames(drawer, packed_there, size, ink, kernels::gray_table(ink.shape));
    check_frames(drawer, packed_there, size, ink, kernels::unit_table(ink.shape));
  }
}

#endif

}  // namespace

#ifdef PLOTMILL_CUDA

TEST_CASE("draw_lines_cuda: a GPU draws the CPU's ink and frames") {
  if (!there_is_a_gpu()) {
    say_there_is_no_gpu();
    return;
  }
  // For compute-sanitizer, with which a kernel takes a thousand times as long.
  const bool small = is_set("PLOTMILL_SMALL_GPU_CASES");
  const int n_rounds = small ? 16 : 200;
  const std::uint32_t longest_side = small ? 64 : 300;
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < n_rounds; ++round) {
    const bool large = round % 20 == 0;
    const LineOptions options = large ? LineOptions{} : random_options(random, longest_side);
    const std::uint32_t most_points = round % 4 != 0 ? 100 : small ? 600 : 3000;
    const std::size_t n_points = large ? 100 : 1 + random_below(random, most_points);
    const std::size_t n_series = large ? (small ? 4 : 500) : 1 + random_below(random, small ? 4 : 20);
    std::vector<double> values;
    for (std::size_t i = 0; i < n_series; ++i) {
      const std::vector<double> series = random_series(random, n_points);
      values.insert(values.end(), series.begin(), series.end());
    }
    check_on_gpu(
        {values.data(), n_series, n_points}, options,
        "seed " + std::to_string(seed) + " round " + std::to_string(round) + ": " + describe(options, n_points));
  }
}

TEST_CASE("draw_lines_cuda: what a GPU refuses is an Error") {
  if (there_is_a_gpu()) return;
  const kernels::DeviceLineDrawer drawer(LineOptions{}, 2);
  CHECK_THROWS_WITH_AS(drawer.measure({}, nullptr, 1, nullptr, nullptr), doctest::Contains("measuring the ink"), Error);
}

#else

TEST_CASE("draw_lines_cuda: a build without nvcc says so") {
  const kernels::DeviceLineDrawer drawer(LineOptions{}, 2);
  CHECK_THROWS_WITH_AS(drawer.measure({}, nullptr, 1, nullptr, nullptr), doctest::Contains("no CUDA"), Error);
}

#endif

}  // namespace plotmill
