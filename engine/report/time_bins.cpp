// See time_bins.hpp.
#include "engine/report/time_bins.hpp"

#include <algorithm>
#include <cmath>

namespace plotmill {

std::vector<std::vector<double>> busy_over_time(const RunReport& report, const Trace& trace, std::size_t n_bins) {
  // Row of each node: a stage of the report, or the commit before a finish.
  std::vector<std::size_t> row_of;
  std::size_t n_rows = 0;
  for (const TraceNode& node : trace.nodes) {
    if (node.step != Step::finish) ++n_rows;
    row_of.push_back(n_rows - 1);
  }
  if (trace.spans.empty() || n_rows != report.stages.size() || !(report.seconds > 0)) return {};
  std::vector<std::vector<double>> rows(n_rows, std::vector<double>(n_bins, 0));
  const double bin_seconds = report.seconds / static_cast<double>(n_bins);
  for (const Span& span : trace.spans) {
    const std::size_t row = row_of[span.node];
    const bool is_thinned = trace.nodes[span.node].step != Step::finish;
    const double weight = (is_thinned ? static_cast<double>(trace.every_nth_batch) : 1.0) /
                          (bin_seconds * static_cast<double>(std::max<std::size_t>(report.stages[row].threads, 1)));
    const auto first = static_cast<std::size_t>(std::max(0.0, span.begin_seconds / bin_seconds));
    for (std::size_t bin = first; bin < n_bins; ++bin) {
      const double bin_begin = static_cast<double>(bin) * bin_seconds;
      if (bin_begin >= span.end_seconds) break;
      const double seconds =
          std::min(span.end_seconds, bin_begin + bin_seconds) - std::max(span.begin_seconds, bin_begin);
      rows[row][bin] += std::max(0.0, seconds) * weight;
    }
  }
  for (auto& row : rows) {
    for (double& share : row) share = std::min(share, 1.0);
  }
  return rows;
}

std::vector<double> images_per_second_over_time(const RunReport& report, const Trace& trace, std::size_t n_bins) {
  const std::vector<TraceSample>& samples = trace.samples;
  if (samples.size() < 2 || !(report.seconds > 0)) return {};
  // Images stored until a moment, straight between two samples.
  std::size_t next = 0;
  const auto images_at = [&](double seconds) {
    while (next < samples.size() && samples[next].seconds < seconds) ++next;
    if (next == samples.size()) return static_cast<double>(report.images);
    const TraceSample before = next == 0 ? TraceSample{} : samples[next - 1];
    const double gap = samples[next].seconds - before.seconds;
    const double part = gap > 0 ? (seconds - before.seconds) / gap : 1;
    return static_cast<double>(before.images) + part * static_cast<double>(samples[next].images - before.images);
  };
  std::vector<double> rates;
  const double bin_seconds = report.seconds / static_cast<double>(n_bins);
  double before = 0;
  for (std::size_t bin = 1; bin <= n_bins; ++bin) {
    const double now = images_at(static_cast<double>(bin) * bin_seconds);
    rates.push_back((now - before) / bin_seconds);
    before = now;
  }
  return rates;
}

Overlap overlap_of(const Trace& trace) {
  struct Change {
    double seconds;
    int n_stored, n_drawn;  ///< +1 where a span begins, -1 where it ends.
  };
  std::vector<Change> changes;
  for (const Span& span : trace.spans) {
    const Step step = trace.nodes[span.node].step;
    if (step == Step::read || step == Step::finish) continue;
    const int stored = step == Step::commit ? 1 : 0;
    changes.push_back({span.begin_seconds, stored, 1 - stored});
    changes.push_back({span.end_seconds, -stored, stored - 1});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.seconds < b.seconds; });
  Overlap overlap;
  int n_stored = 0;
  int n_drawn = 0;
  double before = 0;
  for (const Change& change : changes) {
    if (n_stored > 0) overlap.commit_seconds += change.seconds - before;
    if (n_stored > 0 && n_drawn > 0) overlap.both_seconds += change.seconds - before;
    n_stored += change.n_stored;
    n_drawn += change.n_drawn;
    before = change.seconds;
  }
  return overlap;
}

}  // namespace plotmill
