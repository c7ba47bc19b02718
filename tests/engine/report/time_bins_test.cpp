// Traces summed up in parts of a run, to the figure.
#include "engine/report/time_bins.hpp"

#include <doctest/doctest.h>

namespace plotmill {
namespace {

/// Ten seconds: a reader, a drawer on two threads, a writer.
RunReport report() {
  RunReport report;
  report.images = 100;
  report.seconds = 10;
  report.stages = {{"in", "read", 0, 0, 0, Step::read, 1},
                   {"charts", "draw", 0, 0, 0, Step::draw, 2},
                   {"store encode", "write", 0, 0, 0, Step::encode, 2},
                   {"store commit", "write", 0, 0, 0, Step::commit, 1}};
  return report;
}

constexpr std::uint32_t in = 0, charts = 1, encode = 2, commit = 3, finish = 4;

Trace trace_of(std::vector<Span> spans) {
  Trace trace;
  trace.nodes = {{"in", "read", Step::read},
                 {"charts", "draw", Step::draw},
                 {"store", "write", Step::encode},
                 {"store", "write", Step::commit},
                 {"store", "write", Step::finish}};
  trace.spans = std::move(spans);
  return trace;
}

Span span(std::uint32_t node, double begin, double end) { return {node, 0, 0, 1, begin, end}; }

void check_equal(const std::vector<double>& is, const std::vector<double>& expected) {
  REQUIRE(is.size() == expected.size());
  for (std::size_t i = 0; i < is.size(); ++i) {
    CAPTURE(i);
    CHECK(is[i] == doctest::Approx(expected[i]));
  }
}

}  // namespace

TEST_CASE("time bins: a span fills the parts of the run that it lies in, by its share of them") {
  const auto rows =
      busy_over_time(report(), trace_of({span(in, 0, 10), span(charts, 1, 3), span(commit, 5.5, 8.5)}), 5);
  REQUIRE(rows.size() == 4);
  check_equal(rows[0], {1, 1, 1, 1, 1});
  // One of two threads.
  check_equal(rows[1], {0.25, 0.25, 0, 0, 0});
  check_equal(rows[2], {0, 0, 0, 0, 0});
  check_equal(rows[3], {0, 0, 0.25, 1, 0.25});
}

TEST_CASE("time bins: threads add up, never to more than all, and the completion of an output belongs to its commit") {
  const auto rows = busy_over_time(
      report(),
      trace_of({span(charts, 0, 5), span(charts, 0, 10), span(charts, 0, 2), span(commit, 8, 9), span(finish, 9, 12)}),
      10);
  check_equal(rows[1], {1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5});
  check_equal(rows[3], {0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
}

TEST_CASE("time bins: a span of a trace that keeps every second batch stands for two, but for a completion") {
  Trace trace = trace_of({span(encode, 0, 0.5), span(finish, 9, 9.5)});
  trace.every_nth_batch = 2;
  const auto rows = busy_over_time(report(), trace, 10);
  check_equal(rows[2], {0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  check_equal(rows[3], {0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5});
}

TEST_CASE("time bins: a trace of another run, or without spans, gives nothing") {
  Trace other = trace_of({span(in, 0, 1)});
  other.nodes.pop_back();
  other.nodes.pop_back();
  CHECK(busy_over_time(report(), other, 5).empty());
  CHECK(busy_over_time(report(), trace_of({}), 5).empty());
  CHECK(busy_over_time(RunReport{}, trace_of({span(in, 0, 1)}), 5).empty());
  CHECK(images_per_second_over_time(report(), trace_of({}), 5).empty());
}

TEST_CASE("time bins: images a second are straight between two samples, and end with those of the report") {
  Trace trace = trace_of({});
  trace.samples = {{2, 10, 0}, {4, 50, 0}, {4, 60, 0}, {9, 60, 0}};
  // 10 images in the first two seconds, 40 in the next two, 10 at once, none for five, and 40 that no sample has seen.
  check_equal(images_per_second_over_time(report(), trace, 5), {5, 20, 5, 0, 20});
  check_equal(images_per_second_over_time(report(), trace, 1), {10});
  trace.samples = {{0, 0, 0}, {10, 100, 0}};
  check_equal(images_per_second_over_time(report(), trace, 4), {10, 10, 10, 10});
}

TEST_CASE("time bins: storing overlaps with drawing and encoding, not with reading or the completion of an output") {
  const auto overlap = overlap_of(trace_of({span(in, 0, 10), span(charts, 0, 2), span(commit, 1, 4), span(encode, 3, 6),
                                            span(commit, 5, 7), span(commit, 5.5, 8), span(finish, 9, 10)}));
  CHECK(overlap.commit_seconds == doctest::Approx(3 + 3));
  CHECK(overlap.both_seconds == doctest::Approx(1 + 1 + 1));
  const auto none = overlap_of(trace_of({span(charts, 0, 2), span(commit, 2, 4)}));
  CHECK(none.commit_seconds == doctest::Approx(2));
  CHECK(none.both_seconds == doctest::Approx(0));
}

}  // namespace plotmill
