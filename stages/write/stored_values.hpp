// The values of series as /sequences of an HDF5 file holds them.
#pragma once

#include <span>
#include <vector>

#include "plotmill/sequences.hpp"

namespace plotmill {

/// Throws Error (input, about_series()) of the first series with a finite value that rounds to no finite float32.
void require_float32_range(const Sequences& series);

/// Rounds to the nearest float32; NaN and infinity stay what they are. `out` becomes as long as `values`.
void round_to_float32(std::span<const double> values, std::vector<float>& out);

}  // namespace plotmill
