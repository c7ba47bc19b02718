// The drawings of a report page, as HTML with inline SVG. Words stand beside the pictures, which stretch to the width
// of the window.
#pragma once

#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"

namespace plotmill {

/// Time from 0 to the end of the run, in four steps.
[[nodiscard]] std::string time_axis(double seconds);

/// The rate over time, and the mean of the run as a dashed line.
[[nodiscard]] std::string rate_chart(const std::vector<double>& rates, double mean, double seconds);

/// For each stage how much of its threads worked, over one time axis.
[[nodiscard]] std::string busy_chart(const RunReport& report, const std::vector<std::vector<double>>& rows);

}  // namespace plotmill
