// See plotmill/contact_sheet.hpp.
#include "plotmill/contact_sheet.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "kernels/deflate/encode_png.hpp"
#include "kernels/sheet/font_5x7.hpp"
#include "kernels/sheet/thumbnail.hpp"
#include "plotmill/error.hpp"

namespace plotmill {
namespace {

using kernels::Thumbnail;

// Gray values.
constexpr std::uint8_t white = 255;
constexpr std::uint8_t missing_gray = 225;
constexpr std::uint8_t frame_gray = 185;
constexpr std::uint8_t second_line_gray = 105;
constexpr std::uint8_t first_line_gray = 0;

// Pixels.
constexpr std::uint32_t sheet_width = ContactSheet::width;
constexpr std::uint32_t most_height = 65535;
constexpr std::uint32_t margin = 20;
constexpr std::uint32_t space = 16;  // Between columns.
constexpr std::uint32_t line_height = 2 * kernels::glyph_height + 2;
constexpr std::uint32_t label_height = 6 + 2 * line_height + 12;
constexpr std::uint32_t title_height = 3 * kernels::glyph_height + 12;
constexpr std::uint32_t least_cell_width = 150;  // Room for a dozen letters.
constexpr std::uint32_t most_chart_height = 480;

/// Of a chart on the sheet, whatever its shape: 48 charts of 800x500 make a sheet of 6 by 8.
constexpr double wanted_area = 40000;

struct Size {
  std::uint32_t width, height;
};

// The size in which a chart fits into a room: made smaller by any factor, larger only by a whole one.
Size fitted(double width, double height, double room_width, double room_height) {
  double scale = std::min(room_width / width, room_height / height);
  if (scale > 1) scale = std::floor(scale);
  const auto pixels = [&](double length) {
    return static_cast<std::uint32_t>(std::max(1.0, std::round(length * scale)));
  };
  return {pixels(width), pixels(height)};
}

void fill(std::vector<std::uint8_t>& sheet, const SheetPlace& place, std::uint8_t gray) {
  for (std::uint32_t y = place.y; y < place.y + place.height; ++y) {
    std::fill_n(sheet.begin() + std::ptrdiff_t{y} * sheet_width + place.x, place.width, gray);
  }
}

void write_letter(std::vector<std::uint8_t>& sheet, std::uint32_t x, std::uint32_t y, char letter, std::uint32_t scale,
                  std::uint8_t gray) {
  for (const std::uint8_t column : kernels::glyph_of(letter)) {
    for (std::uint32_t row = 0; row < kernels::glyph_height; ++row) {
      if ((column >> row & 1U) != 0) fill(sheet, {x, y + row * scale, scale, scale}, gray);
    }
    x += scale;
  }
}

// As much of the text as fits into the room.
void write_text(std::vector<std::uint8_t>& sheet, std::uint32_t x, std::uint32_t y, std::uint32_t room,
                std::string_view text, std::uint32_t scale, std::uint8_t gray) {
  const std::uint32_t pitch = kernels::glyph_pitch * scale;
  const std::size_t most = (room + scale) / pitch;  // The last letter needs no space after it.
  std::string shown(text);
  if (shown.size() > most) shown = shown.substr(0, most - 2) + "..";
  for (const char letter : shown) {
    write_letter(sheet, x, y, letter, scale, gray);
    x += pitch;
  }
}

// All that is not white, as ink.
Ink to_ink(const std::vector<std::uint8_t>& sheet) {
  Ink ink;
  ink.shape = {sheet_width, static_cast<std::uint32_t>(sheet.size() / sheet_width), white, 0};
  for (auto row = sheet.begin(); row != sheet.end(); row += sheet_width) {
    for (std::uint32_t x = 0; x < sheet_width; ++x) {
      if (row[x] == white) continue;
      if (x == 0 || row[x - 1] == white) ink.runs.push_back({static_cast<std::uint16_t>(x), 0});
      ++ink.runs.back().n;
      ink.coverage.push_back(static_cast<std::uint8_t>(white - row[x]));
    }
    ink.row_begin.push_back(static_cast<std::uint32_t>(ink.runs.size()));
  }
  ink.coverage_begin.push_back(ink.coverage.size());
  return ink;
}

}  // namespace

std::vector<std::uint64_t> spread_indices(std::uint64_t n, std::size_t count) {
  const std::uint64_t n_picked = std::min<std::uint64_t>(n, count);
  std::vector<std::uint64_t> indices;
  for (std::uint64_t i = 0; i < n_picked; ++i) {
    // In two parts, as the product may not fit 64 bits.
    const std::uint64_t gaps = std::max<std::uint64_t>(1, n_picked - 1);
    indices.push_back((n - 1) / gaps * i + (n - 1) % gaps * i / gaps);
  }
  return indices;
}

void ContactSheet::begin_block(std::string_view title, std::uint32_t chart_width, std::uint32_t chart_height,
                               std::size_t n_charts) {
  constexpr std::uint32_t room = sheet_width - 2 * margin + space;
  const double wanted_width =
      std::max<double>(least_cell_width, std::sqrt(wanted_area * chart_width / chart_height) + space);
  n_columns_ = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(room / wanted_width)));
  n_columns_ = std::min(n_columns_, std::max<std::size_t>(1, n_charts));
  n_charts_ = n_charts;
  n_added_ = 0;
  chart_width_ = chart_width;
  chart_height_ = chart_height;
  cell_width_ = room / static_cast<std::uint32_t>(n_columns_);
  // The frame is one pixel on each side.
  const Size chart = fitted(chart_width, chart_height, cell_width_ - space - 2, most_chart_height);
  cell_height_ = chart.height + 2 + label_height;

  const auto begin = static_cast<std::uint32_t>(pixels_.size() / sheet_width);
  first_ = {margin + 1, begin + margin + title_height + 1, chart.width, chart.height};
  const std::uint64_t n_rows = (n_charts + n_columns_ - 1) / n_columns_;
  const std::uint64_t height = std::uint64_t{begin} + margin + title_height + n_rows * cell_height_;
  if (height > most_height) {
    throw Error(ErrorKind::definition, "the sheet would be " + std::to_string(height) + " pixels high; at most " +
                                           std::to_string(most_height) + " are possible: ask for fewer charts");
  }
  pixels_.resize(static_cast<std::size_t>(height) * sheet_width, white);
  write_text(pixels_, margin, begin + margin, sheet_width - 2 * margin, title, 3, first_line_gray);
}

SheetPlace ContactSheet::next_place(const SheetLabel& label) {
  assert(n_added_ < n_charts_);
  SheetPlace place = first_;
  place.x += static_cast<std::uint32_t>(n_added_ % n_columns_) * cell_width_;
  place.y += static_cast<std::uint32_t>(n_added_ / n_columns_) * cell_height_;
  ++n_added_;
  fill(pixels_, {place.x - 1, place.y - 1, place.width + 2, place.height + 2}, frame_gray);
  const std::uint32_t y = place.y + place.height + 1 + 6;
  const std::uint32_t room = cell_width_ - space;
  std::string line = std::to_string(label.index);
  if (!label.group.empty()) line.append("  ").append(label.group);
  write_text(pixels_, place.x - 1, y, room, line, 2, first_line_gray);
  if (!label.first_row) return place;
  line = "row " + std::to_string(*label.first_row);
  write_text(pixels_, place.x - 1, y + line_height, room, line, 2, second_line_gray);
  return place;
}

void ContactSheet::show(const SheetPlace& place, std::span<const std::uint8_t> pixels) {
  for (std::uint32_t y = 0; y < place.height; ++y) {
    const auto row = pixels.subspan(std::size_t{y} * place.width, place.width);
    std::ranges::copy(row, pixels_.begin() + std::ptrdiff_t{place.y + y} * sheet_width + place.x);
  }
}

SheetPlace ContactSheet::add(const InkImageView& image, const SheetLabel& label) {
  const SheetPlace place = next_place(label);
  Thumbnail small(chart_width_, chart_height_, place.width, place.height, image.shape.paper);
  small.add(image);
  show(place, small.pixels());
  return place;
}

SheetPlace ContactSheet::add(std::span<const std::uint8_t> pixels, const SheetLabel& label) {
  const SheetPlace place = next_place(label);
  // Whatever the paper is: pixels like the first one cost nothing.
  Thumbnail small(chart_width_, chart_height_, place.width, place.height, pixels.front());
  small.add(pixels);
  show(place, small.pixels());
  return place;
}

SheetPlace ContactSheet::add_missing(const SheetLabel& label) {
  const SheetPlace place = next_place(label);
  fill(pixels_, place, missing_gray);
  return place;
}

std::vector<std::uint8_t> ContactSheet::png() const {
  assert(!pixels_.empty());
  const Ink ink = to_ink(pixels_);
  kernels::InkStatistics statistics({ink.shape, kernels::PixelType::uint8, true});
  statistics.add(ink.image(0));
  const kernels::InkCode code(statistics);
  std::vector<std::uint8_t> file;
  kernels::PngEncoder(code).encode(ink.image(0), file);
  return file;
}

}  // namespace plotmill
