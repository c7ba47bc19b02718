// The kernels for a GPU, executed on the calling thread, against the CPU's ink, bit for bit.
#include "kernels/lines/device.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "support/host_queue.hpp"
#include "support/line_charts.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr kernels::DeviceTuning in_device_memory{0, 0};

std::vector<double> joined(const std::vector<std::vector<double>>& series) {
  std::vector<double> values;
  for (const auto& one : series) values.insert(values.end(), one.begin(), one.end());
  return values;
}

/// Draws series of one length with the scratch in either memory, in several orders.
void check_against_cpu(const std::vector<std::vector<double>>& series, const LineOptions& options,
                       const std::string& where) {
  CAPTURE(where);
  const std::vector<double> values = joined(series);
  const SequencesView view{values.data(), series.size(), series.front().size()};
  const Ink expected = draw_lines(view, options);
  const std::uint32_t all_that_there_is = std::numeric_limits<std::uint32_t>::max();
  for (const kernels::DeviceTuning tuning :
       {kernels::DeviceTuning{all_that_there_is, 0}, {0, 0}, {all_that_there_is, 1}, {0, 1}, {0, 2}, {0, 3}}) {
    CAPTURE(tuning.shared_bytes);
    CAPTURE(tuning.host_order);
    CHECK(equal_ink(draw_lines_on_host_queue(view, options, tuning), expected));
  }
}

std::vector<std::vector<double>> random_batch(Random& random, std::size_t n_series, std::size_t n_points) {
  std::vector<std::vector<double>> series(n_series);
  for (auto& one : series) one = random_series(random, n_points);
  return series;
}

}  // namespace

TEST_CASE("draw_lines_device: random series in random small frames give the CPU's ink") {
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const LineOptions options = random_options(random, 90);
    const std::size_t n_points = 1 + random_below(random, round % 4 == 0 ? 400 : 40);
    check_against_cpu(
        random_batch(random, 1 + random_below(random, 4), n_points), options,
        "seed " + std::to_string(seed) + " round " + std::to_string(round) + ": " + describe(options, n_points));
  }
}

TEST_CASE("draw_lines_device: the largest frames and longest series give the CPU's ink") {
  Random random(7);
  const auto check = [&](std::uint32_t width, std::uint32_t height, std::size_t n_points, double line_width) {
    LineOptions options;
    options.width = width;
    options.height = height;
    options.line_width_px = line_width;
    for (const bool antialias : {true, false}) {
      options.antialias = antialias;
      check_against_cpu({random_walk(random, n_points)}, options, describe(options, n_points));
    }
  };
  check(65535, 3, 10000, 1);
  check(65535, 2, 1, 3);
  check(5, 65535, 20, 1.5);
  check(5, 4096, 10000, 0.1);
  check(1, 1, 10000, 64);
  check(4096, 300, 2, 0.3);
  check(300, 2048, 1, 1024);
  check(800, 500, 100, 1.5);
  check(64, 60, 10000, 0.5);
  check(40, 2500, 30, 1.4);
  check(30, 900, 3000, 20);
}

TEST_CASE("draw_lines_device: many pieces in a column and strokes wider than the image give the CPU's ink") {
  const std::uint64_t seed = std::random_device{}();
  Random random(seed);
  constexpr double gap = std::numeric_limits<double>::quiet_NaN();
  for (int round = 0; round < 40; ++round) {
    LineOptions options = random_options(random, 60);
    options.gaps = Gaps::split;
    options.line_width_px = random_between(random, 0.3, round % 3 == 0 ? 200 : 8);
    std::vector<double> series = random_walk(random, 3 + random_below(random, 300));
    for (std::size_t k = 1; k < series.size(); k += 2 + random_below(random, 2)) series[k] = gap;
    check_against_cpu(
        {series}, options,
        "seed " + std::to_string(seed) + " round " + std::to_string(round) + ": " + describe(options, series.size()));
  }
}

TEST_CASE("draw_lines_device: whole words of ink, single pixels and blank images keep their places in a batch") {
  constexpr double gap = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> blank(4, gap);
  for (const std::uint32_t width : {1U, 31U, 32U, 33U, 64U, 65U, 96U}) {
    LineOptions options;
    options.width = width;
    options.height = 7;
    for (const double line_width : {0.5, 1.0, 3.0, 40.0}) {
      options.line_width_px = line_width;
      check_against_cpu({blank, {1, 1, 1, 1}, {0, 1, 0, 1}, blank, blank, {gap, 2, gap, 3}, {9, gap, gap, 9}, blank},
                        options, describe(options, 4));
    }
  }
}

TEST_CASE("draw_lines_device: batches follow each other in one Ink") {
  Random random(5);
  LineOptions options;
  options.width = 50;
  options.height = 20;
  const std::vector<double> values = joined(random_batch(random, 12, 30));
  const kernels::DeviceLineDrawer drawer(options, 30);
  Ink ink;
  ink.shape = kernels::image_shape(options);
  std::size_t first = 0;
  for (const std::size_t n : std::initializer_list<std::size_t>{5, 0, 1, 6}) {
    const PackedBatch packed = draw_packed(drawer, {values.data() + first * 30, n, 30});
    drawer.append(packed.bytes.data(), packed.n_images, packed.size, ink);
    first += n;
  }
  CHECK(equal_ink(ink, draw_lines({values.data(), 12, 30}, options)));
}

TEST_CASE("draw_lines_device: packed ink lies as Ink holds it, each part aligned") {
  Random random(3);
  LineOptions options;
  options.width = 37;
  options.height = 11;
  const std::vector<double> values = joined(random_batch(random, 3, 20));
  const SequencesView view{values.data(), 3, 20};
  const kernels::DeviceLineDrawer drawer(options, 20, in_device_memory);
  const PackedBatch packed = draw_packed(drawer, view);
  const kernels::PackedLayout layout = drawer.packed_layout(3, packed.size);
  for (const std::uint64_t at : {layout.row_begin, layout.coverage_begin, layout.runs, layout.coverage}) {
    CHECK(at % 16 == 0);
  }
  const Ink ink = draw_lines(view, options);
  CHECK(packed.size ==
        InkSize{static_cast<std::uint32_t>(ink.runs.size()), static_cast<std::uint32_t>(ink.coverage.size())});
  const auto same = [&](const auto& part, std::uint64_t at) {
    return std::memcmp(part.data(), packed.bytes.data() + at, part.size() * sizeof(part[0])) == 0;
  };
  CHECK(same(ink.row_begin, layout.row_begin));
  CHECK(same(std::vector<std::uint64_t>(ink.coverage_begin.begin(), ink.coverage_begin.end()), layout.coverage_begin));
  CHECK(same(ink.runs, layout.runs));
  CHECK(same(ink.coverage, layout.coverage));
  CHECK(layout.n_bytes == drawer.packed_bytes(3, packed.size));
}

TEST_CASE("draw_lines_device: batches are so small that 32 bits count every pixel, and large frames are drawn at all") {
  LineOptions options;
  for (const std::uint32_t side : {1U, 100U, 4096U, 65535U}) {
    options.width = options.height = side;
    const kernels::DeviceLineDrawer drawer(options, 100);
    CHECK(drawer.max_images() >= 1);
    CHECK(std::uint64_t{drawer.max_images()} * side * side <= std::numeric_limits<std::uint32_t>::max());
    CHECK(drawer.work_bytes(drawer.max_images()) >= drawer.work_bytes(1));
  }
  CHECK_THROWS_AS(kernels::DeviceLineDrawer(options, std::size_t{1} << 33U), Error);
}

}  // namespace plotmill
