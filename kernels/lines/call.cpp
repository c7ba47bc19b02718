// The direct call of plotmill/draw_lines.hpp.
#include <cmath>
#include <string>

#include "kernels/lines/draw_lines.hpp"

namespace plotmill {

std::vector<Fault> check_options(const LineOptions& options) {
  std::vector<Fault> faults;
  const auto check = [&](bool good, const char* name, double value, const std::string& accepted) {
    if (!good) faults.push_back({name, kernels::shown_number(value) + " is outside " + accepted});
  };
  check(options.width >= 1 && options.width <= 65535, "width", options.width, "1..65535");
  check(options.height >= 1 && options.height <= 65535, "height", options.height, "1..65535");
  check(options.line_width_px >= 0.01 && options.line_width_px <= 1024, "line_width_px", options.line_width_px,
        "0.01..1024");
  if (faults.empty()) {  // Of a frame and a line that make sense.
    const double greatest_margin = (std::min(options.width, options.height) - 1.0) / 2;
    check(options.margin_px >= 0 && options.margin_px <= greatest_margin, "margin_px", options.margin_px,
          "0.." + std::to_string(static_cast<int>(greatest_margin)) +
              " (half of the lesser of width - 1 and height - 1)");
  }
  if (options.normalize == Normalize::range &&
      !(options.range_lo < options.range_hi && std::isfinite(options.range_hi - options.range_lo))) {
    faults.push_back({"range_hi", "the range is empty or not finite; range_lo must be less than range_hi"});
  }
  return faults;
}

Ink draw_lines(const SequencesView& series, const LineOptions& options) {
  if (auto faults = check_options(options); !faults.empty()) throw Error(ErrorKind::definition, std::move(faults));
  if (series.n_points == 0) throw Error(ErrorKind::definition, "n_points", "0 is outside 1..");
  Ink ink;
  ink.shape = kernels::image_shape(options);
  kernels::LineDrawer drawer(options, series.n_points);
  for (std::size_t i = 0; i < series.n_series; ++i) {
    try {
      drawer.draw(series.series(i), ink);
    } catch (Error& error) {
      throw error.about_series(i);
    }
  }
  return ink;
}

}  // namespace plotmill
