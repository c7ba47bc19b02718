// See sample_costs.hpp.
#include "engine/preview/sample_costs.hpp"

#include <algorithm>

namespace plotmill {
namespace {

/// Of all draw stages together. The first pass over the sample warms up and finds what can't be drawn.
constexpr double most_first_seconds = 0.1;
constexpr double most_seconds = 0.2;

double seconds_from(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The series of the sample that can be drawn, at least one if any can, as far as the time goes.
Sequences drawable(DrawerNode& drawer, const Sequences& sample, double most, const std::atomic<bool>& cancelled) {
  Sequences good;
  good.n_points = sample.n_points;
  Ink ink;
  ink.shape = drawer.shape;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < sample.size() && (good.size() == 0 || seconds_from(start) < most); ++i) {
    stop_if(cancelled);
    const std::span<const double> series = sample.view().series(i);
    try {
      ink.clear();
      at_place(drawer.place(), [&] { drawer.stage->draw({series.data(), 1, series.size()}, ink, 0); });
      std::ranges::copy(series, good.append(sample.sources[i]).begin());
    } catch (const Error& error) {
      if (!error.series()) throw;
    }
  }
  return good;
}

}  // namespace

SampleCosts measure_costs(RunStages& stages, const Picked& sample, const std::atomic<bool>& cancelled) {
  SampleCosts costs;
  costs.bytes_per_image.resize(stages.writers.size());
  const auto n_drawers = static_cast<double>(stages.drawers.size());
  for (std::size_t d = 0; d < stages.drawers.size(); ++d) {
    DrawerNode& drawer = *stages.drawers[d];
    const Sequences good = drawable(drawer, sample.series, most_first_seconds / n_drawers, cancelled);
    if (good.size() == 0) continue;
    Ink ink;
    ink.shape = drawer.shape;
    Encoded encoded;
    std::vector<std::uint64_t> bytes(stages.writers.size());
    // A pass in batches as the run has them: one of the largest images takes all the memory that a run may have.
    const auto pass = [&] {
      std::ranges::fill(bytes, 0);
      for (std::size_t first = 0; first < good.size(); first += stages.plan.batch) {
        stop_if(cancelled);
        const std::size_t n = std::min(good.size() - first, stages.plan.batch);
        ink.clear();
        at_place(drawer.place(), [&] {
          drawer.stage->draw({good.view().series(first).data(), n, good.n_points}, ink, 0);
        });
        for (std::size_t w = 0; w < stages.writers.size(); ++w) {
          WriterNode& writer = *stages.writers[w];
          if (writer.drawer != d) continue;
          encoded.clear();
          at_place(writer.place(), [&] { writer.stage->encode({0, 0}, ink, encoded, 0); });
          bytes[w] += encoded.bytes.size();
        }
      }
    };
    std::size_t n_passes = 0;
    const auto start = Clock::now();
    do {
      pass();
      ++n_passes;
    } while (seconds_from(start) * static_cast<double>(n_passes + 1) <
             most_seconds / n_drawers * static_cast<double>(n_passes));
    const auto n_good = static_cast<double>(good.size());
    costs.seconds += seconds_from(start) / (static_cast<double>(n_passes) * n_good);
    for (std::size_t w = 0; w < bytes.size(); ++w) {
      if (stages.writers[w]->drawer == d) costs.bytes_per_image[w] = static_cast<double>(bytes[w]) / n_good;
    }
  }
  return costs;
}

}  // namespace plotmill
