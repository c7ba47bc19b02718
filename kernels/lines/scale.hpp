// How values become heights: normalisation and flat series.
#pragma once

#include "kernels/block/device_code.hpp"
#include "kernels/lines/math.hpp"
#include "plotmill/draw_lines.hpp"

namespace plotmill::kernels {

/// What the finite values of a series span. A series without any: least > greatest.
struct FiniteRange {
  double least = infinity;
  double greatest = -infinity;
};

/// The scale of a series that has a finite value.
[[nodiscard]] PLOTMILL_DEVICE inline ValueScale value_scale(const LineOptions& options, const FiniteRange& finite) {
  const double bottom = options.height - 1 - options.margin_px;
  const double span = options.height - 1 - 2 * options.margin_px;
  if (options.normalize == Normalize::range) {
    return ValueScale::between(options.range_lo, options.range_hi, bottom, span);
  }
  if (options.normalize == Normalize::none) return ValueScale::between(0, 1, bottom, span);
  if (finite.least < finite.greatest) return ValueScale::between(finite.least, finite.greatest, bottom, span);
  // Every value is `least`, and nothing is above it.
  const double y = options.flat == Flat::middle ? bottom - span / 2 : bottom;
  return {1, finite.least, infinity, y, 0};
}

}  // namespace plotmill::kernels
