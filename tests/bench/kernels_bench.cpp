// How long drawing and each encoder take for one image, on one thread. The case to compare with is 800x500 pixels,
// series of 100 points, a line of 1.4 px, antialiased; from there one thing at a time is varied: the points of a
// series, the size, the width of the line, antialiasing. Names are WHAT/SERIES/SIZE/POINTS/LINE/EDGES:
//
//   draw      a series to ink
//   hdf5_u8   ink to the zlib stream of a chunk of uint8 pixels
//   hdf5_f32  ink to the zlib stream of a chunk of float32 pixels
//   png       ink to a PNG file in memory
//   jpeg      ink to a JPEG file of quality 90 in memory
//
// items_per_second is images; bytes_per_second is bytes of the uncompressed frame (which plotmill need not fill), a
// pixel being one byte (hdf5_f32: four); bytes_out is what an image came to: bytes of ink for `draw`, else of the
// stream.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>

#include "kernels/deflate/encode.hpp"
#include "kernels/deflate/encode_png.hpp"
#include "kernels/jpeg/encode.hpp"
#include "kernels/lines/draw_lines.hpp"
#include "support/chart_series.hpp"

namespace plotmill::bench {
namespace {

using kernels::PixelType;

struct Case {
  bool candles;
  LineOptions options;
  std::size_t n_points;

  [[nodiscard]] std::string name() const {
    char text[120];
    std::snprintf(text, sizeof(text), "%s/%ux%u/%zu_points/%.1f_px/%s", candles ? "candles" : "walks", options.width,
                  options.height, n_points, options.line_width_px, antialias_name());
    return text;
  }

 private:
  [[nodiscard]] const char* antialias_name() const { return options.antialias ? "smooth" : "hard"; }
};

/// So many different images that no branch predictor learns them by heart, in no more memory than a batch takes.
std::size_t n_series_of(const Case& c) { return c.n_points >= 10000 || c.options.width > 1000 ? 64 : 256; }

std::vector<double> series_of(const Case& c) {
  if (c.candles) return test::candle_windows(n_series_of(c), c.n_points).value();
  return test::random_walks(n_series_of(c), c.n_points);
}

Ink ink_of(const Case& c) {
  const std::vector<double> series = series_of(c);
  return draw_lines({series.data(), n_series_of(c), c.n_points}, c.options);
}

void count(benchmark::State& state, std::size_t bytes_per_frame, std::size_t bytes_out) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes_per_frame));
  state.counters["bytes_out"] = static_cast<double>(bytes_out) / static_cast<double>(state.iterations());
}

void draw(benchmark::State& state, const Case& c) {
  const std::vector<double> series = series_of(c);
  const std::size_t n_series = n_series_of(c);
  kernels::LineDrawer drawer(c.options, c.n_points);
  Ink ink;
  ink.shape = kernels::image_shape(c.options);
  std::size_t i = 0;
  std::size_t bytes_out = 0;
  for (auto _ : state) {
    ink.clear();
    drawer.draw(std::span(series).subspan(i * c.n_points, c.n_points), ink);
    benchmark::DoNotOptimize(ink.coverage.data());
    bytes_out += ink.coverage.size() + ink.runs.size() * sizeof(Run) + ink.row_begin.size() * sizeof(std::uint32_t);
    if (++i == n_series) i = 0;
  }
  count(state, ink.shape.n_pixels(), bytes_out);
}

/// Calls encode(image, out) for one image after another.
template <class Encode>
void encode_all(benchmark::State& state, const Ink& ink, std::size_t bytes_per_pixel, Encode&& encode) {
  std::vector<std::uint8_t> out;
  std::size_t i = 0;
  std::size_t bytes_out = 0;
  for (auto _ : state) {
    out.clear();
    encode(ink.image(i), out);
    benchmark::DoNotOptimize(out.data());
    bytes_out += out.size();
    if (++i == ink.n_images()) i = 0;
  }
  count(state, ink.shape.n_pixels() * bytes_per_pixel, bytes_out);
}

/// As a run learns it from its first images.
kernels::InkCode code_for(const Ink& ink, const kernels::PixelLayout& layout) {
  kernels::InkStatistics statistics(layout);
  for (std::size_t i = 0; i < std::min<std::size_t>(32, ink.n_images()); ++i) statistics.add(ink.image(i));
  return kernels::InkCode(statistics);
}

void encode_deflate(benchmark::State& state, const Case& c, PixelType type) {
  const Ink ink = ink_of(c);
  const kernels::InkCode code = code_for(ink, {ink.shape, type});
  kernels::DeflateEncoder encoder(code, 1);
  encode_all(state, ink, kernels::bytes_per_pixel(type),
             [&](const InkImageView& image, std::vector<std::uint8_t>& out) {
               if (!encoder.add(image, out)) state.SkipWithError("a chunk of one image is not complete after one");
             });
}

void encode_png(benchmark::State& state, const Case& c) {
  const Ink ink = ink_of(c);
  const kernels::InkCode code = code_for(ink, {ink.shape, PixelType::uint8, true});
  kernels::PngEncoder encoder(code);
  encode_all(state, ink, 1,
             [&](const InkImageView& image, std::vector<std::uint8_t>& out) { encoder.encode(image, out); });
}

void encode_jpeg(benchmark::State& state, const Case& c) {
  const Ink ink = ink_of(c);
  kernels::JpegEncoder encoder(ink.shape, 90);
  encode_all(state, ink, 1,
             [&](const InkImageView& image, std::vector<std::uint8_t>& out) { encoder.encode(image, out); });
}

std::vector<Case> cases(bool candles) {
  Case base{candles, {}, 100};
  base.options.line_width_px = 1.4;
  std::vector<Case> all{base};
  for (const std::size_t n_points : {20U, 1000U, 10000U}) {
    all.push_back(base);
    all.back().n_points = n_points;
  }
  constexpr std::pair<std::uint32_t, std::uint32_t> sizes[] = {{64, 60}, {224, 224}, {1920, 1080}};
  for (const auto& [width, height] : sizes) {
    all.push_back(base);
    all.back().options.width = width;
    all.back().options.height = height;
  }
  for (const double line_width_px : {0.5, 3.0, 7.0}) {
    all.push_back(base);
    all.back().options.line_width_px = line_width_px;
  }
  all.push_back(base);
  all.back().options.antialias = false;
  return all;
}

template <class Function>
void add(const char* what, bool candles, const Function& function) {
  for (const Case& c : cases(candles)) {
    benchmark::RegisterBenchmark((std::string(what) + "/" + c.name()).c_str(), [=](benchmark::State& state) {
      function(state, c);
    })->Unit(benchmark::kMicrosecond);
  }
}

void add_all(bool candles) {
  add("draw", candles, draw);
  add("hdf5_u8", candles, [](benchmark::State& state, const Case& c) { encode_deflate(state, c, PixelType::uint8); });
  add("hdf5_f32", candles,
      [](benchmark::State& state, const Case& c) { encode_deflate(state, c, PixelType::float32); });
  add("png", candles, encode_png);
  add("jpeg", candles, encode_jpeg);
}

}  // namespace
}  // namespace plotmill::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  plotmill::bench::add_all(false);
  const std::string path = plotmill::test::candles_path();
  if (std::filesystem::exists(path)) {
    plotmill::bench::add_all(true);
  } else {
    std::fprintf(stderr, "SKIPPED: the benchmarks on candles: %s is absent; PLOTMILL_TEST_DATA names its folder\n",
                 path.c_str());
  }
  // A filter that matches nothing must not look like success.
  return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
