// Draws charts on one thread and stores nothing: plotmill_draw IMAGES INPUT.npy WIDTH HEIGHT LINE_WIDTH. Prints the
// microseconds a chart takes, normalisation included; its ink is ready to be encoded.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "bench/peers/npy_table.hpp"
#include "kernels/lines/draw_lines.hpp"

using namespace plotmill;

namespace {

int run(char** argv) {
  const bench::Table table = bench::read_table(argv[2], std::strtoul(argv[1], nullptr, 10));
  LineOptions options;
  options.width = static_cast<std::uint32_t>(std::atoi(argv[3]));
  options.height = static_cast<std::uint32_t>(std::atoi(argv[4]));
  options.line_width_px = std::atof(argv[5]);
  const std::vector<double> values(table.values.begin(), table.values.end());
  kernels::LineDrawer drawer(options, table.n_points);
  Ink ink;
  ink.shape = kernels::image_shape(options);
  std::size_t n_ink = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < table.n_series; ++i) {
    ink.clear();
    drawer.draw(std::span(values).subspan(i * table.n_points, table.n_points), ink);
    n_ink += ink.coverage.size();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("{\"images\": %zu, \"seconds\": %.6f, \"ink_pixels\": %zu}\n", table.n_series, seconds.count(), n_ink);
  return n_ink > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 6) return run(argv);
    std::fprintf(stderr, "usage: plotmill_draw IMAGES INPUT.npy WIDTH HEIGHT LINE_WIDTH\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plotmill_draw: %s\n", error.what());
  }
  return 2;
}
