// A trace in the Trace Event Format.
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "plotmill/trace.hpp"

namespace plotmill {
namespace {

/// Puts events into a stream, one a line, without the stream's locale.
class Events {
 public:
  explicit Events(std::ostream& out) : out_(out) { put("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() { put("\n]}\n"); }

  Events& begin(char phase, std::string_view quoted_name) {
    put(is_first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"");
    is_first_ = false;
    put({&phase, 1});
    put("\",\"pid\":1,\"name\":");
    put(quoted_name);
    return *this;
  }
  Events& put(std::string_view text) {
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    return *this;
  }
  Events& number(std::string_view key, std::uint64_t value) {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr;
    return put(key).put({digits_.data(), end});
  }
  /// The format counts in microseconds; three decimals are what the clock knows.
  Events& time(std::string_view key, double seconds) {
    const auto end =
        std::to_chars(digits_.data(), digits_.data() + digits_.size(), seconds * 1e6, std::chars_format::fixed, 3);
    return put(key).put({digits_.data(), end.ptr});
  }

 private:
  std::ostream& out_;
  bool is_first_ = true;
  std::array<char, 400> digits_{};  // The longest double without exponent has 309 digits before the point.
};

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write_names(const Trace& trace, Events& events) {
  events.begin('M', "\"process_name\"").put(",\"args\":{\"name\":\"plotmill\"}}");
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    events.begin('M', "\"thread_name\"").number(",\"tid\":", i + 1);
    events.put(",\"args\":{\"name\":").put(quoted(trace.threads[i])).put("}}");
    events.begin('M', "\"thread_sort_index\"").number(",\"tid\":", i + 1);
    events.number(",\"args\":{\"sort_index\":", i + 1).put("}}");
  }
}

void write_spans(const Trace& trace, Events& events) {
  std::vector<std::string> names;
  for (const TraceNode& node : trace.nodes) names.push_back(quoted(node.id + " " + std::string(step_name(node.step))));
  for (const Span& span : trace.spans) {
    events.begin('X', names[span.node]).number(",\"tid\":", span.thread + 1);
    events.time(",\"ts\":", span.begin_seconds).time(",\"dur\":", span.end_seconds - span.begin_seconds);
    events.number(",\"args\":{\"batch\":", span.batch).number(",\"images\":", span.images).put("}}");
  }
}

void write_counters(const Trace& trace, Events& events) {
  constexpr double window_seconds = 0.5;
  std::size_t first = 0;
  for (const TraceSample& now : trace.samples) {
    events.begin('C', "\"bytes in flight\"").time(",\"ts\":", now.seconds);
    events.number(",\"args\":{\"bytes\":", now.bytes_in_flight).put("}}");
    while (trace.samples[first].seconds < now.seconds - window_seconds) ++first;
    const TraceSample& before = trace.samples[first];
    if (now.seconds <= before.seconds) continue;
    const double rate = static_cast<double>(now.images - before.images) / (now.seconds - before.seconds);
    events.begin('C', "\"images/s\"").time(",\"ts\":", now.seconds);
    events.number(",\"args\":{\"images/s\":", static_cast<std::uint64_t>(rate + 0.5)).put("}}");
  }
}

}  // namespace

std::string_view step_name(Step step) noexcept {
  constexpr std::array<std::string_view, 7> names{"read", "upload", "draw", "download", "encode", "commit", "finish"};
  return names[static_cast<std::size_t>(step)];
}

void write_trace(const Trace& trace, std::ostream& out) {
  Events events(out);
  write_names(trace, events);
  write_spans(trace, events);
  write_counters(trace, events);
  if (!trace.error.empty()) {
    const double end = trace.spans.empty() ? 0 : trace.spans.back().end_seconds;
    events.begin('i', "\"the run failed\"").put(",\"s\":\"g\"").time(",\"ts\":", end).number(",\"tid\":", 1);
    events.put(",\"args\":{\"error\":").put(quoted(trace.error)).put("}}");
  }
}

}  // namespace plotmill
