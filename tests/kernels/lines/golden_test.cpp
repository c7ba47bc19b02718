// Small charts that a person can judge by eye, kept in tests/golden/ and compared pixel by pixel. After a wanted change
// of pixels, PLOTMILL_WRITE_GOLDEN=1 in the environment of this test writes them anew: look at each one before it is
// committed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "plotmill/draw_lines.hpp"
#include "support/host_queue.hpp"
#include "support/line_charts.hpp"
#include "support/pgm_image.hpp"

namespace plotmill {
namespace {

using namespace test;

const std::filesystem::path golden_folder = "tests/golden";
constexpr double gap = std::numeric_limits<double>::quiet_NaN();

struct Golden {
  std::string name;
  std::vector<double> series;
  LineOptions options;
};

/// 41x25 leaves a pixel in the middle of either side.
LineOptions frame(double line_width_px, double margin_px = 0) {
  LineOptions options;
  options.width = 41;
  options.height = 25;
  options.line_width_px = line_width_px;
  options.margin_px = margin_px;
  return options;
}

LineOptions aliased(LineOptions options) {
  options.antialias = false;
  return options;
}

LineOptions with_range(LineOptions options, double lo, double hi) {
  options.normalize = Normalize::range;
  options.range_lo = lo;
  options.range_hi = hi;
  return options;
}

LineOptions bridged(LineOptions options) {
  options.gaps = Gaps::interpolate;
  return options;
}

std::vector<Golden> goldens() {
  const std::vector<double> zigzag{0, 1, 0, 1, 0};
  const std::vector<double> spike{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
  const std::vector<double> broken{0, 1, gap, 1, 0.5, gap, gap, 0, 0, gap};
  return {
      {"zigzag", zigzag, frame(1.5)},
      {"zigzag_aliased", zigzag, aliased(frame(1.5))},
      {"flat", {3, 3, 3}, frame(1)},
      {"flat_between_rows", {11.5, 11.5}, with_range(frame(1), 0, 24)},
      {"gap", broken, frame(2, 3)},
      {"gap_bridged", broken, bridged(frame(2, 3))},
      {"dots", {0, gap, 1, gap, 0.5, gap, 1, gap, 0}, frame(5, 4)},
      {"spike", spike, frame(1, 2)},
      {"spike_aliased", spike, aliased(frame(1, 2))},
      {"thick", {0, 1, 0.25, 0.75}, frame(7, 6)},
      {"thick_aliased", {0, 1, 0.25, 0.75}, aliased(frame(7, 6))},
      {"thin", {0, 1, 0}, frame(0.5)},
      {"clipped", {-1, 2, -1}, with_range(frame(1.5, 4), 0, 1)},
  };
}

PgmImage draw(const Golden& golden) {
  const Ink ink = draw_lines({golden.series.data(), 1, golden.series.size()}, golden.options);
  PgmImage image{golden.options.width, golden.options.height, {}};
  image.pixels.resize(image.width * image.height);
  fill_pixels(ink.image(0), image.pixels);
  return image;
}

/// The number of pixels that differ and the first of them, in words.
std::string difference(const PgmImage& drawn, const PgmImage& golden) {
  if (drawn.width != golden.width || drawn.height != golden.height) return "the size differs";
  std::size_t n = 0;
  std::string first;
  for (std::size_t i = 0; i < drawn.pixels.size(); ++i) {
    if (drawn.pixels[i] == golden.pixels[i]) continue;
    if (n++ > 0) continue;
    first = "column " + std::to_string(i % drawn.width) + ", row " + std::to_string(i / drawn.width) + " is " +
            std::to_string(drawn.pixels[i]) + " instead of " + std::to_string(golden.pixels[i]);
  }
  return n == 0 ? "" : std::to_string(n) + " pixels differ; " + first;
}

}  // namespace

TEST_CASE("draw_lines: small charts are those of tests/golden") {
  const char* const wish = std::getenv("PLOTMILL_WRITE_GOLDEN");
  const bool write = wish != nullptr && std::string(wish) == "1";
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    const std::string path = (golden_folder / (golden.name + ".pgm")).string();
    if (write) {
      write_pgm(path, draw(golden));
      MESSAGE("wrote ", path);
    }
    if (!std::filesystem::exists(path)) {
      FAIL_CHECK(path, " is missing; see the head of this test");
      continue;
    }
    CHECK(difference(draw(golden), read_pgm(path)) == "");
  }
}

TEST_CASE("draw_lines: the kernels for a GPU draw the same small charts") {
  for (const Golden& golden : goldens()) {
    CAPTURE(golden.name);
    const SequencesView series{golden.series.data(), 1, golden.series.size()};
    CHECK(equal_ink(draw_lines_on_host_queue(series, golden.options), draw_lines(series, golden.options)));
  }
}

TEST_CASE("draw_lines: every image of tests/golden is compared") {
  const std::vector<Golden> known = goldens();
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder)) {
    const bool is_known = std::ranges::find(known, entry.path().stem().string(), &Golden::name) != known.end();
    CHECK_MESSAGE(is_known, entry.path(), " belongs to no chart of this test");
  }
}

}  // namespace plotmill
