// What a trace promises: every batch in every step, also of a run that failed, in bounded memory.
#include "plotmill/trace.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/run/span_record.hpp"
#include "plotmill/contact_sheet.hpp"
#include "support/flow_stages.hpp"
#include "support/png_image.hpp"

namespace plotmill {
namespace {

using namespace test;
using nlohmann::json;

/// Runs to the end or to its error.
Trace trace_of(FlowScript& script, const std::string& run, const std::string& more_stages = "") {
  Trace trace;
  auto pipeline = flow_pipeline(script, run, more_stages);
  try {
    (void)pipeline.run({.trace = &trace});
  } catch (const Error&) {
  }
  return trace;
}

json written(const Trace& trace) {
  std::ostringstream out;
  write_trace(trace, out);
  return json::parse(out.str());
}

std::vector<json> events_of(const json& file, const std::string& phase, const std::string& name) {
  std::vector<json> found;
  for (const json& event : file.at("traceEvents")) {
    if (event.at("ph") == phase && event.at("name") == name) found.push_back(event);
  }
  return found;
}

void check_no_thread_does_two_things_at_once(const Trace& trace) {
  std::map<std::uint32_t, double> free_from;
  double before = 0;
  for (const Span& span : trace.spans) {
    CHECK(span.begin_seconds >= before);
    CHECK(span.end_seconds >= span.begin_seconds);
    CHECK(span.begin_seconds >= free_from[span.thread]);
    before = span.begin_seconds;
    free_from[span.thread] = span.end_seconds;
  }
}

}  // namespace

TEST_CASE("trace: every batch passes every step once, on the threads that do it") {
  FlowScript script;
  const Trace trace = trace_of(script, R"("batch": 10, "threads": 2)", R"(,
      {"id": "again", "type": "flow_write", "from": "charts"})");
  CHECK(trace.threads == std::vector<std::string>{"in read", "worker 0", "worker 1", "store commit", "again commit"});
  REQUIRE(trace.nodes.size() == 2 + 2 * 3);
  CHECK(trace.nodes[4].id == "store");
  CHECK(trace.nodes[4].type == "flow_write");
  CHECK(trace.error.empty());
  CHECK(trace.every_nth_batch == 1);
  check_no_thread_does_two_things_at_once(trace);
  for (std::uint32_t node = 0; node < trace.nodes.size(); ++node) {
    CAPTURE(node);
    const Step step = trace.nodes[node].step;
    std::map<std::uint64_t, int> times;
    std::uint64_t images = 0;
    for (const Span& span : trace.spans) {
      if (span.node != node) continue;
      ++times[span.batch];
      images += span.images;
      const std::uint32_t writer_thread = trace.nodes[node].id == "store" ? 3 : 4;
      if (step == Step::read) CHECK(span.thread == 0);
      if (step == Step::draw || step == Step::encode) CHECK((span.thread == 1 || span.thread == 2));
      if (step == Step::commit || step == Step::finish) CHECK(span.thread == writer_thread);
    }
    CHECK(times.size() == (step == Step::finish ? 1 : 10));
    for (const auto& [batch, n] : times) CHECK(n == 1);
    CHECK(images == (step == Step::finish ? 0 : 100));
  }
}

TEST_CASE("trace: samples tell how far the run is and what is in flight, and end with all and nothing") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "commit") std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  const Trace trace = trace_of(script, R"("batch": 10, "threads": 1)");
  REQUIRE(trace.samples.size() >= 3);
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < trace.samples.size(); ++i) {
    most = std::max(most, trace.samples[i].bytes_in_flight);
    if (i == 0) continue;
    CHECK(trace.samples[i].seconds >= trace.samples[i - 1].seconds);
    CHECK(trace.samples[i].images >= trace.samples[i - 1].images);
  }
  CHECK(most >= 10 * (4 * sizeof(double) + sizeof(Source)));
  CHECK(trace.samples.back().images == 100);
  CHECK(trace.samples.back().bytes_in_flight == 0);
}

TEST_CASE("trace: the first batch's charts are on a sheet, at most 24 of each draw stage") {
  FlowScript script;
  const GrayImage few = read_png(trace_of(script, R"("batch": 10)").charts_png);
  const GrayImage many = read_png(trace_of(script, R"("batch": 30)").charts_png);
  const GrayImage more = read_png(trace_of(script, R"("batch": 50)").charts_png);
  CHECK(few.width == ContactSheet::width);
  CHECK(few.height < many.height);
  CHECK(many.pixels == more.pixels);
}

TEST_CASE("trace: a run that fails leaves what it did, and why it ended") {
  for (const int threads : {1, 3}) {
    FlowScript script;
    script.on = [](const std::string& step, std::uint64_t batch) {
      if (step == "commit" && batch == 4) throw Error(ErrorKind::io, "no space \"left\"");
    };
    const Trace trace = trace_of(script, R"("batch": 10, "threads": )" + std::to_string(threads));
    CHECK(trace.error == "store (flow_write): no space \"left\"");
    CHECK(trace.samples.back().bytes_in_flight == 0);
    std::map<std::uint64_t, std::uint32_t> committed;
    for (const Span& span : trace.spans) {
      if (trace.nodes[span.node].step == Step::commit) committed[span.batch] = span.images;
      CHECK(trace.nodes[span.node].step != Step::finish);
    }
    CHECK(committed == std::map<std::uint64_t, std::uint32_t>{{0, 10}, {1, 10}, {2, 10}, {3, 10}, {4, 0}});
    const std::vector<json> failures = events_of(written(trace), "i", "the run failed");
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].at("args").at("error") == trace.error);
  }
}

TEST_CASE("trace: a run that stalls shows what hangs") {
  FlowScript script;
  std::atomic<bool> over = false;
  script.on = [&](const std::string& step, std::uint64_t batch) {
    while (step == "commit" && batch == 1 && !over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const Trace trace = trace_of(script, R"("batch": 10, "threads": 1, "stall_timeout": 0.3)");
  CHECK(trace.error.starts_with("run: nothing moved for "));
  double hung_seconds = 0;
  for (const Span& span : trace.spans) {
    if (trace.nodes[span.node].step == Step::commit && span.batch == 1) {
      hung_seconds = span.end_seconds - span.begin_seconds;
      CHECK(span.images == 0);
    }
  }
  CHECK(hung_seconds >= 0.25);
  over = true;
  while (script.n_destroyed < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_CASE("trace: a run that never began leaves the trace empty") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "open writer") throw Error(ErrorKind::io, "planted");
  };
  CHECK(trace_of(script, "").threads.empty());
}

TEST_CASE("trace: what is written is the Trace Event Format, with every span, name and counter") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "commit") std::this_thread::sleep_for(std::chrono::milliseconds(15));
  };
  const Trace trace = trace_of(script, R"("batch": 10, "threads": 2)");
  const json file = written(trace);
  std::map<int, std::string> tracks;
  for (const json& event : events_of(file, "M", "thread_name")) tracks[event.at("tid")] = event.at("args").at("name");
  CHECK(tracks == std::map<int, std::string>{{1, "in read"}, {2, "worker 0"}, {3, "worker 1"}, {4, "store commit"}});
  CHECK(events_of(file, "M", "process_name").at(0).at("args").at("name") == "plotmill");
  CHECK(events_of(file, "X", "charts draw").size() == 10);
  CHECK(events_of(file, "X", "store finish").size() == 1);
  const std::vector<json> commits = events_of(file, "X", "store commit");
  REQUIRE(commits.size() == 10);
  for (std::size_t i = 0; i < commits.size(); ++i) {
    CHECK(commits[i].at("tid") == 4);
    CHECK(commits[i].at("args") == json{{"batch", i}, {"images", 10}});
    CHECK(commits[i].at("dur").get<double>() >= 15'000);
    if (i > 0) {
      CHECK(commits[i].at("ts").get<double>() >=
            commits[i - 1].at("ts").get<double>() + commits[i - 1].at("dur").get<double>() - 0.002);
    }
  }
  CHECK(events_of(file, "C", "bytes in flight").size() == trace.samples.size());
  CHECK(events_of(file, "C", "bytes in flight").back().at("args").at("bytes") == 0);
  CHECK(events_of(file, "C", "images/s").back().at("args").at("images/s") > 0);
}

TEST_CASE("trace: the counters tell the bytes of each moment, and the rate of the half second before it, rounded") {
  Trace trace;
  trace.samples = {{0, 0, 500}, {0.3, 200, 70}, {0.5, 201, 0}, {1, 202, 3}, {2, 302, 0}};
  const json file = written(trace);
  std::vector<int> rates;
  for (const json& event : events_of(file, "C", "images/s")) rates.push_back(event.at("args").at("images/s"));
  // 200 in 0.3 s; 201 in 0.5 s; 1 in 0.5 s; and what comes after a silence of more than half a second is not known.
  CHECK(rates == std::vector{667, 402, 2});
  std::vector<int> bytes;
  std::vector<double> times;
  for (const json& event : events_of(file, "C", "bytes in flight")) {
    bytes.push_back(event.at("args").at("bytes"));
    times.push_back(event.at("ts"));
  }
  CHECK(bytes == std::vector{500, 70, 0, 3, 0});
  CHECK(times == std::vector<double>{0, 300'000, 500'000, 1'000'000, 2'000'000});
}

TEST_CASE("trace: of a very long run every second batch is kept, then every fourth, in the same memory") {
  SpanRecord record(100);
  const auto* const memory = record.entries().data();
  for (std::uint64_t batch = 0; batch < 1000; ++batch) record.add({batch, 0, 1, {}, {}});
  CHECK(record.every_nth() == 16);
  CHECK(record.entries().size() == 63);
  CHECK(record.entries().data() == memory);
  for (std::size_t i = 0; i < record.entries().size(); ++i) CHECK(record.entries()[i].batch == 16 * i);
}

TEST_CASE("trace: the longest trace stays below 100 MB") {
  Trace trace;
  trace.threads = {"in read"};
  trace.nodes = {{"a_stage_with_a_long_name", "flow_write", Step::commit}};
  trace.spans.assign(400'000, {0, 0, 123'456'789, 12'345, 12'345.678, 12'345.689});
  trace.samples.assign(8'001, {12'345.678, 1'000'000'000, 1'000'000'000});
  std::ostringstream out;
  write_trace(trace, out);
  CHECK(out.str().size() < 100'000'000);
}

}  // namespace plotmill
