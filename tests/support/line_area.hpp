// The area under a stroke itself, which the ink of a chart is to come near. Nothing of it is the product's.
#pragma once

#include <cstdint>
#include <vector>

namespace plotmill::test {

/// A line in pixels, x rising. Its stroke is what lies within half its width of it.
struct PixelLine {
  std::vector<double> x, y;
  double width_px;
};

/// The share of each pixel that the stroke covers, times 255; row by row. The mean of what it covers of the verticals
/// at n_across abscissae; of these either the length itself, or that of `n_down` points, where it is not 0.
[[nodiscard]] std::vector<double> covered_area(const PixelLine& line, std::uint32_t width, std::uint32_t height,
                                               int n_across, int n_down = 0);

}  // namespace plotmill::test
