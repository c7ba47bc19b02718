// See trace.hpp.
#include "engine/run/trace.hpp"

#include <algorithm>

#include "engine/run/nodes.hpp"

namespace plotmill {
namespace {

constexpr std::size_t most_spans = 400'000;
constexpr std::size_t most_samples = 8'000;
constexpr double first_gap_seconds = 0.02;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

// Empty also where one sheet cannot hold them.
std::vector<std::uint8_t> sheet_of_first_charts(const RunStages& stages) try {
  ContactSheet sheet;
  bool any = false;
  for (const auto& drawer : stages.drawers) any |= drawer->first_charts->show(drawer->place(), sheet);
  return any ? sheet.png() : std::vector<std::uint8_t>();
} catch (const Error&) {
  return {};
}

}  // namespace

RunTrace::RunTrace(RunStages& stages) : stages_(stages), least_gap_seconds_(first_gap_seconds) {
  samples_.reserve(most_samples);
  const std::vector<NodeView> nodes = nodes_of(stages);
  std::size_t n_spans = (most_spans - stages.writers.size()) / nodes.size();
  if (stages.plan.n_images) n_spans = std::min<std::size_t>(n_spans, *stages.plan.n_images / stages.plan.batch + 2);
  for (const NodeView& node : nodes) node.clock->record(n_spans);
  for (const auto& drawer : stages.drawers) drawer->first_charts.emplace();
  for (const auto& writer : stages.writers) writer->finish_clock.record(1);
}

void RunTrace::sample(const TraceSample& sample) {
  if (!samples_.empty() && sample.seconds < samples_.back().seconds + least_gap_seconds_) return;
  if (samples_.size() == most_samples) {
    for (std::size_t i = 0; i < most_samples / 2; ++i) samples_[i] = samples_[2 * i];
    samples_.resize(most_samples / 2);
    least_gap_seconds_ *= 2;
  }
  samples_.push_back(sample);
}

Trace RunTrace::collect(Clock::time_point start, const TraceSample& last, std::string error) const {
  Trace trace;
  trace.error = std::move(error);
  trace.samples = samples_;
  trace.samples.push_back(last);
  trace.threads.push_back(stages_.reader.id + " read");
  for (std::size_t i = 0; i < stages_.plan.threads; ++i) trace.threads.push_back("worker " + std::to_string(i));
  for (const auto& writer : stages_.writers) trace.threads.push_back(writer->id + " commit");
  for (const auto& drawer : stages_.drawers) {
    if (!drawer->device_drawer) continue;
    for (const auto& device : stages_.devices) {
      for (std::size_t i = 0; i < stages_.plan.streams; ++i) {
        trace.threads.push_back(drawer->id + " " + device->name() + " stream " + std::to_string(i));
      }
    }
  }

  const auto add = [&](const RunNode& stage, Step step, const NodeClock& clock) {
    const SpanRecord recorded = clock.recorded();
    trace.every_nth_batch = std::max(trace.every_nth_batch, recorded.every_nth());
    for (const SpanRecord::Entry& entry : recorded.entries()) {
      trace.spans.push_back({static_cast<std::uint32_t>(trace.nodes.size()), entry.thread, entry.batch, entry.images,
                             seconds_between(start, entry.begin), seconds_between(start, entry.end)});
    }
    trace.nodes.push_back({stage.id, stage.type, step});
  };
  for (const NodeView& node : nodes_of(stages_)) {
    add(*node.stage, node.step, *node.clock);
    if (node.finishes != nullptr) add(*node.stage, Step::finish, *node.finishes);
  }
  // One node may have kept more than another.
  std::erase_if(trace.spans, [&](const Span& span) {
    return trace.nodes[span.node].step != Step::finish && span.batch % trace.every_nth_batch != 0;
  });
  std::sort(trace.spans.begin(), trace.spans.end(), [](const Span& a, const Span& b) {
    return a.begin_seconds != b.begin_seconds ? a.begin_seconds < b.begin_seconds : a.thread < b.thread;
  });
  trace.charts_png = sheet_of_first_charts(stages_);
  return trace;
}

}  // namespace plotmill
