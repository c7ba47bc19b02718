// What the page about a run says: the limit by its rules, every figure, and no text of others as markup.
#include <doctest/doctest.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "plotmill/describe.hpp"
#include "plotmill/report_page.hpp"
#include "support/flow_stages.hpp"

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

/// The figures of a page, by what they are called: their values, and how they are shown.
struct Figures {
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, std::vector<std::string>> shown;

  explicit Figures(const std::string& html) {
    const auto between = [&](std::size_t& at, const std::string& begin, const std::string& end) {
      const std::size_t from = html.find(begin, at) + begin.size();
      at = html.find(end, from);
      return html.substr(from, at - from);
    };
    for (std::size_t at = html.find("<data "); at != std::string::npos; at = html.find("<data ", at)) {
      const std::string name = between(at, "class=\"", "\"");
      // Not strtod(), which asks the locale what the decimal point is.
      const std::string digits = between(at, "value=\"", "\"");
      double value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      CHECK_MESSAGE((error == std::errc() && end == digits.data() + digits.size()), digits);
      values[name].push_back(value);
      shown[name].push_back(between(at, ">", "<"));
    }
  }
};

/// Each number of the summary is on the page, with the same name and value, and nothing else is.
void check_as_summary(const RunReport& report, const Trace& trace) {
  std::map<std::string, std::vector<double>> expected;
  const auto summary = nlohmann::json::parse(to_json(report));
  for (const auto& [name, value] : summary.items()) {
    if (value.is_number()) expected[name].push_back(value.get<double>());
  }
  for (const auto& stage : summary.at("stages")) {
    for (const auto& [name, value] : stage.items()) {
      if (value.is_number()) expected[name].push_back(value.get<double>());
    }
  }
  // These two are left out where there is nothing to tell.
  for (const char* name : {"resumed_at", "streams"}) {
    if (summary.at(name) == 0) expected.erase(name);
  }
  CHECK(Figures(report_page(report, trace, {"candles.json", "", "", 2})).values == expected);
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

TEST_CASE("report: every figure of the page is that of the summary, and is shown as it is") {
  RunReport report = report_of(1.25, 12.345, 7.006, 3.5);
  report.images = 1'234'567;
  report.resumed_at = 89'000;
  report.blank = 45;
  report.n_skipped = 20;
  report.n_blanked = 1'003;
  report.seconds = 10.006;
  report.bytes_written = 5'678'901'234;
  report.plan.streams = 4;
  report.plan.batch = 256;
  report.plan.batches_in_flight = 17;
  report.plan.memory_bytes = 123'456'789;
  for (StageReport& stage : report.stages) stage.items += 1000 * static_cast<std::uint64_t>(stage.step);
  check_as_summary(report, trace_of(9));
  const std::string html = report_page(report, {}, {"candles.json", "", "", 2});
  const std::map<std::string, std::vector<std::string>> shown{{"images", {"1,234,567"}},
                                                              {"resumed_at", {"89,000"}},
                                                              {"seconds", {"10.01"}},
                                                              {"images_per_second", {"123,383"}},
                                                              {"bytes_written", {"5.7 GB"}},
                                                              {"blank", {"45"}},
                                                              {"skipped", {"20"}},
                                                              {"blanked", {"1,003"}},
                                                              {"streams", {"4"}},
                                                              {"threads", {"2"}},
                                                              {"batch", {"256"}},
                                                              {"batches_in_flight", {"17"}},
                                                              {"items", {"1,000", "3,000", "5,000", "6,000"}},
                                                              {"busy_seconds", {"1.25", "12.35", "7.01", "3.50"}},
                                                              {"waiting_seconds", {"8.75", "1.00", "1.00", "6.50"}}};
  CHECK(Figures(html).shown == shown);
  // What follows from others and is in no summary.
  CHECK(has(html, "<dt>an image</dt><dd>4.6 kB</dd>"));
  CHECK(has(html, "<dt>a second</dt><dd>567.5 MB</dd>"));
  CHECK(has(html, "batches, 123.5 MB"));
  // Shares: of both threads' 20 seconds, and of the run's.
  CHECK(has(html, "12.35</data> s<br><span class=\"muted\">62 %</span><span class=\"bar\"><i style=\"width:62%\">"));
  CHECK(has(html, "8.75</data> s<br><span class=\"muted\">87 %</span></td>"));
}

TEST_CASE("report: sizes are shown in the unit in which they are at least 1 and below 1000") {
  const auto written = [](std::uint64_t bytes) {
    RunReport report = report_of(1, 2, 3, 4);
    report.bytes_written = bytes;
    return Figures(report_page(report, {}, {"candles.json", "", "", 2})).shown.at("bytes_written").at(0);
  };
  CHECK(written(0) == "0 B");
  CHECK(written(999) == "999 B");
  CHECK(written(1000) == "1.0 kB");
  CHECK(written(999'949) == "999.9 kB");
  CHECK(written(999'950) == "1.0 MB");
  CHECK(written(12'340'000'000) == "12.3 GB");
  CHECK(written(5'000'000'000'000'000) == "5000.0 TB");
}

TEST_CASE("report: the pictures say what their highest rate is, how many threads a stage has, and where time ends") {
  Trace trace = trace_of(9);
  // 3000 images in the first third of ten seconds, and none after: parts of a third each.
  trace.samples = {{0, 0, 0},     {10.0 / 3, 3000, 0}, {20.0 / 3, 3000, 0}, {10, 3000, 0}, {10, 3000, 0},
                   {10, 3000, 0}, {10, 3000, 0},       {10, 3000, 0},       {10, 3000, 0}};
  RunReport report = report_of(1, 5, 5, 9.7);
  report.images = 3000;
  const std::string html = report_page(report, trace, {"candles.json", "", "", 2});
  CHECK(has(html, "images/s, at most 900</span>"));
  // 900 of 945, nothing, and the mean of 300.
  CHECK(has(html, "d=\"M0 5H10V100H20V100H30\""));
  CHECK(has(html, "class=\"mean\" d=\"M0 68H30\""));
  CHECK(has(html,
            "<div class=\"axis\"><span>0.0</span><span>2.5</span><span>5.0</span><span>7.5</span><span>10.0 s</span>"));
  CHECK(has(html, "<b>charts</b><span class=\"muted\">on 2 threads</span>"));
  CHECK(has(html, "<b>store commit</b><span class=\"muted\">one at a time</span>"));
}

TEST_CASE("report: of runs with skipped series, blanked ones and images of an earlier run the page tells all") {
  for (const std::string on_bad : {"skip", "blank"}) {
    test::FlowScript script;
    script.bad_series = {3, 4, 20, 99};
    script.n_stored = 30;
    auto pipeline = test::flow_pipeline(script, R"("batch": 10, "on_bad_series": ")" + on_bad + "\"");
    Trace trace;
    RunOptions options;
    options.resume = true;
    options.trace = &trace;
    const RunReport report = pipeline.run(options);
    CAPTURE(on_bad);
    CHECK(report.images == (on_bad == "skip" ? 66 : 70));
    CHECK(report.resumed_at == 30);
    CHECK(report.n_skipped == (on_bad == "skip" ? 4 : 0));
    CHECK(report.n_blanked == (on_bad == "skip" ? 0 : 4));
    CHECK(report.bad_series.size() == 4);
    CHECK(report.bytes_written == 70);
    // The drawer of this test gives no ink at all; a bad series' image is not counted.
    CHECK(report.blank == (on_bad == "skip" ? 66 : 69));
    for (const StageReport& stage : report.stages) CHECK(stage.items == report.images);
    check_as_summary(report, trace);
  }
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
