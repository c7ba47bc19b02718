// What the page about a run says: the limit by its rules, every figure, and no text of others as markup.
#include <doctest/doctest.h>

#include <string>

#include "plotmill/report_page.hpp"

namespace plotmill {
namespace {

/// Ten seconds on two threads: how many the reader, drawing, encoding (over both threads) and the commit were busy.
RunReport report_of(double read, double draw, double encode, double commit) {
  RunReport report;
  report.images = 1000;
  report.seconds = 10;
  report.bytes_written = 5'000'000;
  report.plan.device = "cpu";
  report.plan.threads = 2;
  report.stages = {{"prices", "read_csv", read, 10 - read, 1000, Step::read, 1},
                   {"charts", "draw_lines", draw, 1, 1000, Step::draw, 2},
                   {"store encode", "write_hdf5", encode, 1, 1000, Step::encode, 2},
                   {"store commit", "write_hdf5", commit, 10 - commit, 1000, Step::commit, 1}};
  return report;
}

/// A trace of report_of(): as many batches, one second each, drawn while the one before is stored.
Trace trace_of(std::size_t n_batches) {
  Trace trace;
  trace.nodes = {{"prices", "read_csv", Step::read},
                 {"charts", "draw_lines", Step::draw},
                 {"store", "write_hdf5", Step::encode},
                 {"store", "write_hdf5", Step::commit},
                 {"store", "write_hdf5", Step::finish}};
  trace.threads = {"prices read", "worker 0", "worker 1", "store commit"};
  const double step = 10.0 / static_cast<double>(n_batches + 1);
  for (std::size_t i = 0; i < n_batches; ++i) {
    const double begin = step * static_cast<double>(i);
    trace.spans.push_back({1, 1, i, 1, begin, begin + step});
    trace.spans.push_back({3, 3, i, 1, begin + step, begin + 2 * step});
  }
  for (int i = 0; i <= 100; ++i) trace.samples.push_back({0.1 * i, static_cast<std::uint64_t>(10 * i), 0});
  return trace;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("report: the stage that is busy by far the most is the limit, and the advice is for its kind") {
  CHECK(bottleneck_sentence(report_of(1, 5, 5, 9.7), 2) ==
        "`store commit` is busy 97 % of the time: storing is the limit; a faster disk or fewer bytes an image would "
        "help, more threads would not.");
  CHECK(bottleneck_sentence(report_of(9.5, 4, 4, 2), 2) ==
        "`prices` is busy 95 % of the time: reading is the limit; input that is quicker to read, such as binary "
        "instead of text, would help, more threads would not.");
}

TEST_CASE("report: the threads that draw and encode are compared as one, with advice by the cores there are") {
  const RunReport report = report_of(1, 12, 7, 3);
  CHECK(bottleneck_sentence(report, 2) ==
        "Each of the 2 threads that draw and encode is busy 95 % of the time: the processor is the limit, mostly with "
        "`charts`; more cores would help, a faster disk would not.");
  CHECK(has(bottleneck_sentence(report, 8), "run.threads could be 8, as many as there are cores."));
  // 9 seconds on two threads are less than 8.5 on one.
  CHECK(bottleneck_sentence(report_of(1, 9, 0, 8.5), 2).starts_with("`store commit` is busy 85 %"));
}

TEST_CASE("report: a drawer that works on one batch at a time can be the limit beside idle threads") {
  RunReport report = report_of(1, 9.9, 1, 3);
  report.stages[1].threads = 1;
  CHECK(bottleneck_sentence(report, 2).starts_with("`charts` is busy 99 % of the time: it works on one batch at a"));
}

TEST_CASE("report: where nothing stands out the run is balanced, and a short run tells nothing") {
  CHECK(bottleneck_sentence(report_of(1, 12, 7, 9.2), 2) ==
        "Balanced: Each of the 2 threads that draw and encode is busy 95 % of the time, `store commit` 92 %; only what "
        "speeds up both would help.");
  CHECK(bottleneck_sentence(report_of(1, 5, 5, 7.9), 2) ==
        "Balanced: nothing is busy more than 79 % of the time; more batches in flight (run.memory) or fewer other "
        "programs on the machine may help.");
  RunReport brief = report_of(1, 5, 5, 9.7);
  brief.seconds = 0.4;
  CHECK(bottleneck_sentence(brief, 2) == "The run was too short to tell what limits it.");
  CHECK(bottleneck_sentence(RunReport{}, 2) == "The run was too short to tell what limits it.");
}

TEST_CASE("report: a text of the definition is never markup") {
  RunReport report = report_of(1, 5, 5, 9.7);
  const std::string bad = "<script>alert('\"&')</script>";
  for (StageReport& stage : report.stages) stage.id = stage.type = bad;
  report.plan.device = report.plan.device_reason = bad;
  for (const std::string& definition : {std::string("{\"path\": \"<script>\"}"), bad}) {
    const std::string html = report_page(report, trace_of(10), {bad, bad, definition, 2});
    CHECK_FALSE(has(html, "<script"));
    CHECK_FALSE(has(html, "alert('"));
    CHECK(has(html, "&lt;script&gt;"));
  }
}

TEST_CASE("report: the page says what happened when, and leaves out what it is not given") {
  const RunReport report = report_of(1, 5, 5, 9.7);
  Trace trace = trace_of(9);
  trace.charts_png = {0x89, 'P', 'N', 'G'};
  const std::string with_all = report_page(report, trace, {"candles.json", "today", "{}", 2});
  CHECK(has(with_all, "<h2>Throughput</h2>"));
  CHECK(has(with_all, "<h2>When each stage worked</h2>"));
  // Nine spans of a second are stored, and all but the last while the next is drawn.
  CHECK(has(with_all, "Batches were stored for 9.00 s; in 89 % of that time others were drawn or encoded."));
  CHECK(has(with_all, "src=\"data:image/png;base64,iVBORw==\""));
  CHECK(has(with_all, "on a machine of 2 cores"));
  const std::string with_none = report_page(report, {}, {"candles.json", "", "", 0});
  for (const char* part : {"Throughput", "When each", "<img", "Definition", "began", "a machine of"}) {
    CAPTURE(std::string(part));
    CHECK_FALSE(has(with_none, part));
  }
  CHECK(count_of(with_all, "<section") == count_of(with_all, "</section>"));
}

TEST_CASE("report: a page is small however long the run, and asks for nothing from elsewhere") {
  const std::string html = report_page(report_of(1, 5, 5, 9.7), trace_of(200'000), {"long.json", "", "", 2});
  CHECK(html.size() < 100'000);
  CHECK_FALSE(has(html, "http"));
  CHECK_FALSE(has(html, "url("));
}

TEST_CASE("report: a run without images, seconds or stages still gives a page") {
  CHECK(has(report_page({}, {}, {}), "too short to tell"));
}

}  // namespace plotmill
