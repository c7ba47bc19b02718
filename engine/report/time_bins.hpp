// A trace summed up in equal parts of the run's time, for drawings of any run in the same small size.
#pragma once

#include <cstddef>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "plotmill/trace.hpp"

namespace plotmill {

/// For each stage of the report, in its order, the share of its threads' time, 0..1, in which it was busy in each of
/// n_bins parts of the run. The completion of an output belongs to its commit. Empty where the trace has no spans or is
/// not of this run.
[[nodiscard]] std::vector<std::vector<double>> busy_over_time(const RunReport& report, const Trace& trace,
                                                              std::size_t n_bins);

/// Images a second in each of n_bins parts of the run. Empty where the trace has fewer than two samples.
[[nodiscard]] std::vector<double> images_per_second_over_time(const RunReport& report, const Trace& trace,
                                                              std::size_t n_bins);

/// How long any batch was being stored, and for how much of that time another was being drawn or encoded.
struct Overlap {
  double commit_seconds = 0;
  double both_seconds = 0;
};
/// Exact only where trace.every_nth_batch is 1.
[[nodiscard]] Overlap overlap_of(const Trace& trace);

}  // namespace plotmill
