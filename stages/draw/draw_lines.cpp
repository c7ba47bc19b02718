// Draws each series as a line chart.
#include "kernels/lines/draw_lines.hpp"

#include <optional>

#include "plotmill/device_lines.hpp"
#include "plotmill/stage.hpp"

namespace plotmill {
namespace {

class DrawLines final : public Drawer {
 public:
  void declare(Options& options) override {
    options.add(
        {.name = "width", .target = &width_, .min = 1, .max = 65535, .unit = "px", .doc = "Width of each image."});
    options.add(
        {.name = "height", .target = &height_, .min = 1, .max = 65535, .unit = "px", .doc = "Height of each image."});
    options.add({.name = "line_width",
                 .target = &line_width_,
                 .min = 0.01,
                 .max = 1024,
                 .unit = "px",
                 .doc = "Thickness of the line; in points (1/72 inch) where dpi is given."});
    options.add({.name = "dpi",
                 .target = &dpi_,
                 .min = 1,
                 .max = 10000,
                 .unit = "px per inch",
                 .doc = "Makes line_width a number of points, as matplotlib has it.",
                 .example = "100"});
    options.add({.name = "margin",
                 .target = &margin_,
                 .min = 0,
                 .max = 32767,
                 .unit = "px",
                 .doc = "Distance of the outermost points from the border."});
    options.add(
        {.name = "antialias", .target = &antialias_, .doc = "Smooth edges; else every pixel is either paper or ink."});
    options.add({.name = "normalize",
                 .target = &normalize_,
                 .words = {"minmax", "none"},
                 .doc = "minmax: each series fills the height; {\"range\": [lo, hi]}: the same scale for all; none: "
                        "values are in [0, 1] already. Values outside a range are clipped."});
    options.add({.name = "flat",
                 .target = &flat_,
                 .words = {"middle", "bottom", "error"},
                 .doc = "Where minmax puts a series whose values are all equal."});
    options.add({.name = "gaps",
                 .target = &gaps_,
                 .words = {"break", "interpolate", "error"},
                 .doc = "What NaN and infinity do: break the line, or join the neighbours."});
    options.add({.name = "paper", .target = &paper_, .min = 0, .max = 255, .unit = "gray", .doc = "Background."});
    options.add({.name = "ink", .target = &ink_, .min = 0, .max = 255, .unit = "gray", .doc = "Colour of the line."});
  }

  [[nodiscard]] std::vector<Fault> check() const override {
    // Names of the members of LineOptions that differ from those of the stage's options.
    std::vector<Fault> faults = check_options(line_options());
    for (Fault& fault : faults) {
      if (fault.place == "line_width_px") fault.place = "line_width";
      if (fault.place == "margin_px") fault.place = "margin";
      if (fault.place == "range_hi") fault.place = "normalize";
      fault.place.insert(0, "params/");
    }
    return faults;
  }

  ImageShape prepare(const SeriesShape& series, const RunSetup& setup) override {
    drawn_ = line_options();
    n_points_ = series.n_points;
    pulse_ = setup.pulse;
    lanes_.reserve(setup.n_lanes);
    for (std::size_t lane = 0; lane < setup.n_lanes; ++lane) lanes_.emplace_back(drawn_, series.n_points);
    return kernels::image_shape(drawn_);
  }

  [[nodiscard]] Footprint footprint() const override {
    return {Ink::max_bytes_per_image(kernels::image_shape(drawn_)), kernels::LineDrawer::max_bytes(drawn_, n_points_)};
  }

  [[nodiscard]] std::optional<std::string> refuse(std::span<const double> series) const override {
    return kernels::refusal(drawn_, series);
  }

  void draw(const SequencesView& in, Ink& out, std::size_t lane) override {
    for (std::size_t i = 0; i < in.n_series && pulse_->keep_going(); ++i) {
      try {
        lanes_[lane].draw(in.series(i), out);
      } catch (Error& error) {
        throw error.about_series(i);
      }
    }
  }

  [[nodiscard]] std::unique_ptr<DeviceDrawer> on_device() override { return device_line_drawer(drawn_, n_points_); }

 private:
  [[nodiscard]] LineOptions line_options() const {
    LineOptions options;
    options.width = static_cast<std::uint32_t>(width_);
    options.height = static_cast<std::uint32_t>(height_);
    options.line_width_px = dpi_ ? line_width_ * *dpi_ / 72 : line_width_;
    options.margin_px = margin_;
    options.antialias = antialias_;
    options.normalize = normalize_.word == "minmax" ? Normalize::minmax
                        : normalize_.word == "none" ? Normalize::none
                                                    : Normalize::range;
    if (options.normalize == Normalize::range) {
      options.range_lo = normalize_.lo;
      options.range_hi = normalize_.hi;
    }
    options.flat = flat_ == "middle" ? Flat::middle : flat_ == "bottom" ? Flat::bottom : Flat::error;
    options.gaps = gaps_ == "break" ? Gaps::split : gaps_ == "interpolate" ? Gaps::interpolate : Gaps::error;
    options.paper = static_cast<std::uint8_t>(paper_);
    options.ink = static_cast<std::uint8_t>(ink_);
    return options;
  }

  std::int64_t width_ = 800;
  std::int64_t height_ = 500;
  double line_width_ = 1.5;
  std::optional<double> dpi_;
  double margin_ = 0;
  bool antialias_ = true;
  WordOrRange normalize_{"minmax"};
  std::string flat_ = "middle";
  std::string gaps_ = "break";
  std::int64_t paper_ = 255;
  std::int64_t ink_ = 0;

  LineOptions drawn_;
  std::shared_ptr<Pulse> pulse_;
  std::size_t n_points_ = 0;
  std::vector<kernels::LineDrawer> lanes_;
};

}  // namespace

StageInfo draw_lines_stage() {
  return {.type = "draw_lines",
          .summary = "Draws each series as a line chart.",
          .make = [] { return std::unique_ptr<Drawer>(new DrawLines); },
          .on_device = true};
}

}  // namespace plotmill
