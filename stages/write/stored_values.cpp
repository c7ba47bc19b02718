// See stored_values.hpp.
#include "stages/write/stored_values.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

// Half way from the greatest float32 to what would be the next; from here on values round to infinity.
constexpr double float32_end = 0x1.ffffffp127;

bool is_too_large(double value) { return std::isfinite(value) && std::abs(value) >= float32_end; }

}  // namespace

void require_float32_range(const Sequences& series) {
  const auto found = std::ranges::find_if(series.values, is_too_large);
  if (found == series.values.end()) return;
  const auto at = static_cast<std::size_t>(found - series.values.begin());
  throw Error(ErrorKind::input,
              fmt::format("point {} of the series is {}, too large for /sequences of float32; set sequences to "
                          "\"float64\"",
                          at % series.n_points, *found))
      .about_series(at / series.n_points);
}

void round_to_float32(std::span<const double> values, std::vector<float>& out) {
  out.resize(values.size());
  std::ranges::transform(values, out.begin(), [](double value) { return static_cast<float>(value); });
}

}  // namespace plotmill
