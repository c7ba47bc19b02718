// Frames that the kernel for a GPU fills, executed on the calling thread, against the CPU's pixels.
#include <doctest/doctest.h>

#include <vector>

#include "kernels/ink/fill_rows.hpp"
#include "support/host_queue.hpp"
#include "support/line_charts.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr std::size_t n_images = 3;

/// `n` pixels and some beyond on either side, which must stay as they are. `offset` moves them off any alignment.
template <class Pixel>
struct GuardedFrames {
  std::vector<Pixel> pixels;
  std::size_t offset, n;

  GuardedFrames(std::size_t frames_offset, std::size_t n_pixels)
      : pixels(frames_offset + n_pixels + 16, Pixel{77}), offset(frames_offset), n(n_pixels) {}

  [[nodiscard]] Pixel* data() { return pixels.data() + offset; }
  [[nodiscard]] bool beyond_is_untouched() const {
    std::size_t n_touched = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      if ((i < offset || i >= offset + n) && pixels[i] != Pixel{77}) ++n_touched;
    }
    return n_touched == 0;
  }
};

template <class Pixel>
void check_frames(const LineOptions& options, const SequencesView& series, const kernels::PixelTable<Pixel>& table,
                  std::uint64_t order) {
  const kernels::DeviceLineDrawer drawer(options, series.n_points, {0, order});
  const PackedBatch packed = draw_packed(drawer, series);
  const Ink ink = draw_lines(series, options);
  std::vector<Pixel> expected(ink.shape.n_pixels() * n_images);
  for (std::size_t i = 0; i < n_images; ++i) {
    kernels::fill_rows(ink.image(i), table, expected.data() + i * ink.shape.n_pixels(), options.width);
  }
  GuardedFrames<Pixel> frames(order % 8, expected.size());
  drawer.fill_frames(host_queue, packed.bytes.data(), packed.n_images, packed.size, frames.data());
  CHECK(std::equal(expected.begin(), expected.end(), frames.data()));
  CHECK(frames.beyond_is_untouched());
}

}  // namespace

TEST_CASE("fill_frames: gray and float frames are those of the CPU, at any address") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (std::uint64_t round = 0; round < 100; ++round) {
    LineOptions options = random_options(random, round % 5 == 0 ? 200 : 70);
    options.paper = static_cast<std::uint8_t>(random_below(random, 256));
    options.ink = static_cast<std::uint8_t>(random_below(random, 256));
    const std::size_t n_points = 1 + random_below(random, 30);
    CAPTURE(describe(options, n_points));
    std::vector<double> values;
    for (std::size_t i = 0; i < n_images; ++i) {
      const std::vector<double> series = random_series(random, n_points);
      values.insert(values.end(), series.begin(), series.end());
    }
    const SequencesView series{values.data(), n_images, n_points};
    const ImageShape shape = kernels::image_shape(options);
    check_frames(options, series, kernels::gray_table(shape), round);
    check_frames(options, series, kernels::unit_table(shape), round);
  }
}

}  // namespace plotmill
