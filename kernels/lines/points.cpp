// From values to points in pixels: normalisation, flat series and gaps.
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "kernels/lines/draw_lines.hpp"
#include "kernels/lines/scale.hpp"

namespace plotmill::kernels {
namespace {

struct FiniteValues : FiniteRange {
  std::size_t n = 0;
};

FiniteValues find_finite(std::span<const double> series) {
  FiniteValues found;
  for (const double value : series) {
    if (!std::isfinite(value)) continue;
    ++found.n;
    found.least = std::min(found.least, value);
    found.greatest = std::max(found.greatest, value);
  }
  return found;
}

}  // namespace

std::string shown_number(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::optional<std::string> refusal(const LineOptions& options, std::span<const double> series) {
  const bool may_be_flat = options.flat != Flat::error || options.normalize != Normalize::minmax;
  if (options.gaps != Gaps::error && may_be_flat) return {};
  const FiniteValues finite = find_finite(series);
  if (finite.n < series.size() && options.gaps == Gaps::error) {
    std::size_t k = 0;
    while (std::isfinite(series[k])) ++k;
    return "point " + std::to_string(k) + " is " + shown_number(series[k]) +
           "; set gaps to break or interpolate to draw such a series";
  }
  if (may_be_flat || finite.n == 0 || finite.least < finite.greatest) return {};
  return "every value is " + shown_number(finite.least) +
         ", so the series has no range to normalise; set flat to middle or bottom to draw it";
}

StrokeGrid stroke_grid(const LineOptions& options, std::size_t n_points) {
  // Half of a pixel may never be covered by a thinner line, and the line would break up.
  const double width = options.antialias ? options.line_width_px : std::max(options.line_width_px, 1.0);
  const auto radius = static_cast<float>(width / 2);
  return {radius, parts_of(n_points, options.width - 1 - 2 * options.margin_px, radius)};
}

std::vector<float> line_x(const LineOptions& options, std::size_t n_points) {
  std::vector<float> x(n_points);
  const double span = options.width - 1 - 2 * options.margin_px;
  for (std::size_t k = 0; k < n_points; ++k) x[k] = point_x(k, n_points, options.margin_px, span);
  return x;
}

void line_points(const LineOptions& options, std::span<const float> x, std::span<const double> series,
                 LinePoints& out) {
  out.x.clear();
  out.y.clear();
  out.piece_begin.assign(1, 0);
  if (auto reason = refusal(options, series)) throw Error(ErrorKind::input, *reason);
  const FiniteValues finite = find_finite(series);
  if (finite.n == 0) return;

  const ValueScale scale = value_scale(options, finite);
  const bool bridge = options.gaps == Gaps::interpolate;
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (!std::isfinite(series[k])) {
      if (!bridge && out.x.size() > out.piece_begin.back()) out.piece_begin.push_back(out.x.size());
      continue;
    }
    const float y = scale.y(series[k]);
    if (bridge && out.x.empty() && k > 0) {
      out.x.push_back(x.front());
      out.y.push_back(y);
    }
    out.x.push_back(x[k]);
    out.y.push_back(y);
  }
  if (bridge && !std::isfinite(series.back())) {
    out.x.push_back(x.back());
    out.y.push_back(out.y.back());
  }
  if (out.x.size() > out.piece_begin.back()) out.piece_begin.push_back(out.x.size());
}

}  // namespace plotmill::kernels
