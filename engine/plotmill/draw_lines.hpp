// Draws line charts in memory, without any pipeline, and says what a line chart is.
//
// Geometry. Pixel centres lie on whole numbers, y grows downwards. Point k of a series of length L is at
// x = margin + k (W-1-2 margin)/(L-1), a series of one point in the middle. A value v, normalised to [0,1], is at
// y = margin + (1-v)(H-1-2 margin). Values are doubles, of any size; v is (value - least) / (greatest - least) in
// double, then rounded to float32. The stroke is the union of the segments between neighbouring points, with round
// joins and caps. See kernels/lines/math.hpp for the exact arithmetic, which gives the same ink on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/export.hpp"
#include "plotmill/ink.hpp"
#include "plotmill/sequences.hpp"

namespace plotmill {

enum class Normalize {
  minmax,  ///< Each series' own least and greatest finite value become 0 and 1.
  range,   ///< `range_lo` and `range_hi` become 0 and 1; values outside are clipped.
  none,    ///< Values are in [0,1] already; values outside are clipped.
};

/// What a series becomes whose finite values are all equal (with Normalize::minmax).
enum class Flat {
  middle,  ///< A line at half height.
  bottom,  ///< A line at the bottom.
  error,   ///< An Error (input).
};

/// What a NaN or an infinity becomes.
enum class Gaps {
  split,        ///< The line stops and starts again; a lone point is a dot.
  interpolate,  ///< A straight line between the neighbours; at the ends the nearest value goes on.
  error,        ///< An Error (input).
};

/// How a line chart looks.
struct PLOTMILL_EXPORT LineOptions {
  std::uint32_t width = 800;   ///< px, 1..65535
  std::uint32_t height = 500;  ///< px, 1..65535
  double line_width_px = 1.5;  ///< 0.01..1024. Without antialiasing, thinner lines are drawn 1 px wide.
  double margin_px = 0;        ///< At least 0; twice the margin is at most the lesser of width-1 and height-1.
  bool antialias = true;       ///< Else coverage is 0 or 255: ink where at least half the pixel is covered, and where a
                               ///< point of the series lies.
  Normalize normalize = Normalize::minmax;
  double range_lo = 0;  ///< For Normalize::range: finite, less than range_hi.
  double range_hi = 1;
  Flat flat = Flat::middle;
  Gaps gaps = Gaps::split;
  std::uint8_t paper = 255;  ///< Gray value of the background.
  std::uint8_t ink = 0;      ///< Gray value of the line.
};

/// One fault for each option out of range, with the member's name as its place; empty if all is well.
[[nodiscard]] PLOTMILL_EXPORT std::vector<Fault> check_options(const LineOptions& options);

/// Draws every series and returns the ink, image i from series i. Runs on the calling thread; any number of threads may
/// call it at once. A series without a finite value leaves its image all paper. Throws Error (definition) for options
/// out of range and Error (input, about_series()) where `flat` or `gaps` is `error` and a series is so.
[[nodiscard]] PLOTMILL_EXPORT Ink draw_lines(const SequencesView& series, const LineOptions& options);

}  // namespace plotmill
