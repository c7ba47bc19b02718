// Contact sheets, through the public interface, read back with libpng.
#include "plotmill/contact_sheet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "plotmill/draw_lines.hpp"
#include "plotmill/error.hpp"
#include "support/png_image.hpp"

using namespace plotmill;
using test::GrayImage;

namespace {

std::uint8_t pixel(const GrayImage& image, std::uint32_t x, std::uint32_t y) {
  return image.pixels[std::size_t{y} * image.width + x];
}

/// The sheet of one image of these pixels.
struct OneChart {
  GrayImage sheet;
  SheetPlace place;
};

OneChart sheet_of(std::uint32_t width, std::uint32_t height, const std::vector<std::uint8_t>& pixels,
                  const SheetLabel& label = {}) {
  ContactSheet sheet;
  sheet.begin_block("", width, height, 1);
  const SheetPlace place = sheet.add(pixels, label);
  return {test::read_png(sheet.png()), place};
}

/// How many pixels of a part of a sheet are not white.
std::size_t n_ink(const GrayImage& sheet, const SheetPlace& part) {
  std::size_t n = 0;
  for (std::uint32_t y = part.y; y < part.y + part.height; ++y) {
    for (std::uint32_t x = part.x; x < part.x + part.width; ++x) n += pixel(sheet, x, y) != 255 ? 1U : 0U;
  }
  return n;
}

SheetPlace below(const SheetPlace& chart) { return {chart.x, chart.y + chart.height + 4, chart.width, 18}; }

}  // namespace

TEST_CASE("contact sheet: every pixel of a small chart is the mean of those that it covers") {
  const std::uint32_t width = 1901;
  const std::uint32_t height = 701;
  std::vector<std::uint8_t> pixels(std::size_t{width} * height);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * i % 251);
  const auto [sheet, place] = sheet_of(width, height, pixels);
  REQUIRE(place.height < height);

  const double x_scale = static_cast<double>(width) / place.width;
  const double y_scale = static_cast<double>(height) / place.height;
  const auto overlap = [](double begin, double end, std::size_t i) {
    return std::max(0.0, std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i)));
  };
  double worst = 0;
  for (std::uint32_t v = 0; v < place.height; v += 7) {
    for (std::uint32_t u = 0; u < place.width; u += 5) {
      double sum = 0;
      for (auto y = static_cast<std::size_t>(v * y_scale); y < height && static_cast<double>(y) < (v + 1) * y_scale;
           ++y) {
        for (auto x = static_cast<std::size_t>(u * x_scale); x < width && static_cast<double>(x) < (u + 1) * x_scale;
             ++x) {
          sum += pixels[y * width + x] * overlap(u * x_scale, (u + 1) * x_scale, x) *
                 overlap(v * y_scale, (v + 1) * y_scale, y);
        }
      }
      worst = std::max(worst, std::abs(sum / (x_scale * y_scale) - pixel(sheet, place.x + u, place.y + v)));
    }
  }
  CHECK(worst <= 0.5 + 1e-6);
}

TEST_CASE("contact sheet: ink and its pixels look the same") {
  std::vector<double> values(200);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * 7919 % 101);
  for (const bool dark : {false, true}) {
    LineOptions options;
    if (dark) std::swap(options.paper, options.ink);
    const Ink ink = draw_lines({values.data(), 2, 100}, options);
    ContactSheet from_ink, from_pixels;
    from_ink.begin_block("t", 800, 500, 2);
    from_pixels.begin_block("t", 800, 500, 2);
    std::vector<std::uint8_t> pixels(ink.shape.n_pixels());
    for (std::size_t i = 0; i < 2; ++i) {
      fill_pixels(ink.image(i), pixels);
      CHECK(from_ink.add(ink.image(i), {i, "g", 7}) == from_pixels.add(pixels, {i, "g", 7}));
    }
    CHECK(from_ink.png() == from_pixels.png());
  }
}

TEST_CASE("contact sheet: charts stand in rows, apart from each other, each in its frame") {
  ContactSheet sheet;
  sheet.begin_block("forty-eight charts", 800, 500, 48);
  const std::vector<std::uint8_t> white(800 * 500, 255);
  std::vector<SheetPlace> places;
  for (std::uint64_t i = 0; i < 48; ++i) places.push_back(sheet.add(white, {i}));
  const GrayImage image = test::read_png(sheet.png());
  CHECK(image.width == ContactSheet::width);
  CHECK(image.height > 1200);
  CHECK(image.height < 2000);
  CHECK(places[5].y == places[0].y);
  CHECK(places[6].x == places[0].x);
  for (const SheetPlace& place : places) {
    CHECK(place.width == 244);
    CHECK(place.height == 153);
    REQUIRE(place.x + place.width < image.width);
    REQUIRE(place.y + place.height < image.height);
    CHECK(n_ink(image, place) == 0);
    for (const std::uint32_t x : {place.x - 1, place.x + place.width}) CHECK(pixel(image, x, place.y) < 255);
    for (const std::uint32_t y : {place.y - 1, place.y + place.height}) CHECK(pixel(image, place.x, y) < 255);
    CHECK(n_ink(image, below(place)) > 20);  // Its number.
  }
  CHECK(n_ink(image, {0, 0, image.width, places[0].y - 1}) > 500);  // The title.
}

TEST_CASE("contact sheet: long names are cut, bytes that are no letters become question marks") {
  const std::vector<std::uint8_t> white(100, 255);
  const std::string longest(1000, 'M');
  const OneChart cut = sheet_of(10, 10, white, {1, longest, 2});
  const OneChart longer = sheet_of(10, 10, white, {1, longest + longest, 2});
  CHECK(cut.sheet.pixels == longer.sheet.pixels);
  CHECK(n_ink(cut.sheet, below(cut.place)) > 100);
  const OneChart bytes = sheet_of(10, 10, white, {1, "\xc3\xbc\n\x7f", 2});
  const OneChart marks = sheet_of(10, 10, white, {1, "????", 2});
  CHECK(bytes.sheet.pixels == marks.sheet.pixels);
}

TEST_CASE("contact sheet: every letter has a look of its own") {
  const std::vector<std::uint8_t> white(1, 255);
  std::vector<std::vector<std::uint8_t>> looks;
  for (char letter = ' '; letter <= '~'; ++letter) {
    looks.push_back(sheet_of(1, 1, white, {1, std::string(1, letter)}).sheet.pixels);
  }
  std::ranges::sort(looks);
  CHECK(std::ranges::adjacent_find(looks) == looks.end());
}

TEST_CASE("contact sheet: tiny charts are enlarged, huge and thin ones fit") {
  const OneChart tiny = sheet_of(2, 1, {0, 200});
  CHECK(tiny.place.width == 2 * tiny.place.height);
  CHECK(tiny.place.width > 100);
  for (std::uint32_t x = 0; x < tiny.place.width; ++x) {
    CHECK(pixel(tiny.sheet, tiny.place.x + x, tiny.place.y) == (x < tiny.place.width / 2 ? 0 : 200));
  }
  const OneChart wide = sheet_of(65535, 1, std::vector<std::uint8_t>(65535, 9));
  CHECK(wide.place.height == 1);
  CHECK(pixel(wide.sheet, wide.place.x + wide.place.width - 1, wide.place.y) == 9);
  const OneChart high = sheet_of(1, 65535, std::vector<std::uint8_t>(65535, 9));
  CHECK(high.place.width == 1);

  Ink ink;
  ink.shape = {65535, 65535, 255, 0};
  ink.row_begin.assign(65536, 1);
  ink.row_begin[0] = 0;
  ink.runs = {{65530, 5}};
  ink.coverage.assign(5, 255);
  ink.coverage_begin = {0, 5};
  ContactSheet sheet;
  sheet.begin_block("", 65535, 65535, 1);
  const SheetPlace place = sheet.add(ink.image(0), {});
  CHECK(n_ink(test::read_png(sheet.png()), place) == 0);  // 5 of four thousand million pixels.
}

TEST_CASE("contact sheet: blocks follow one another, also empty ones") {
  ContactSheet sheet;
  sheet.begin_block("none", 10, 10, 0);
  sheet.begin_block("one", 30, 10, 1);
  const SheetPlace upper = sheet.add(std::vector<std::uint8_t>(300, 100), {});
  sheet.begin_block("another", 10, 30, 1);
  const SheetPlace lower = sheet.add_missing({5, "bad", 9});
  CHECK(lower.y > upper.y + upper.height);
  const GrayImage image = test::read_png(sheet.png());
  CHECK(pixel(image, upper.x, upper.y) == 100);
  const std::uint8_t gray = pixel(image, lower.x, lower.y);
  CHECK(gray > 200);
  CHECK(gray < 255);
}

TEST_CASE("contact sheet: one that is too high is refused") {
  ContactSheet sheet;
  CHECK_THROWS_WITH_AS(sheet.begin_block("", 800, 500, 100000),
                       "the sheet would be 3483459 pixels high; at most 65535 are possible: ask for fewer charts",
                       Error);
}

TEST_CASE("spread charts go from the first to the last") {
  using Indices = std::vector<std::uint64_t>;
  CHECK(spread_indices(0, 5) == Indices{});
  CHECK(spread_indices(3, 5) == Indices{0, 1, 2});
  CHECK(spread_indices(10, 1) == Indices{0});
  CHECK(spread_indices(10, 4) == Indices{0, 3, 6, 9});
  CHECK(spread_indices(0xffffffffffffffffU, 3) == Indices{0, 0x7fffffffffffffffU, 0xfffffffffffffffeU});
}
