// What a run's batches are planned by: what the first charts take; and what becomes of batches that take more.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <numeric>

#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr std::uint32_t width = 400;
constexpr std::uint32_t height = 100;
/// Of an image of which every second pixel is a run.
constexpr std::uint64_t worst_bytes = height * (width / 2 * sizeof(Run) + width + 4) + 8;

/// What the drawer and the writers of a run share.
struct Charts {
  /// Rows of an image in which every second pixel is a run.
  std::function<std::uint32_t(std::uint64_t series)> n_dense_rows = [](std::uint64_t) { return 1; };
  std::size_t n_learned = 8;
  std::size_t multiple = 1;
  std::uint64_t fails_at = ~std::uint64_t{0};  ///< commit() from this image on.

  std::mutex mutex;
  std::uint64_t most_ink_bytes = 0;  ///< Of what encode() got at once, after the first images.
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::size_t>>> parts;  ///< By writer: first image, images.
  std::map<std::string, std::vector<double>> stored;                                ///< First values of the series.
  std::vector<std::size_t> bad;                                                     ///< Images that came as blank.
  int n_wrong = 0;
};

class ChartDrawer final : public Drawer {
 public:
  ChartDrawer(Charts& charts, bool is_dense) : charts_(charts), is_dense_(is_dense) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape&, const RunSetup&) override { return {width, height}; }
  [[nodiscard]] Footprint footprint() const override { return {worst_bytes, 1000}; }
  void draw(const SequencesView& in, Ink& out, std::size_t) override {
    for (std::size_t i = 0; i < in.n_series; ++i) {
      const std::uint32_t n_dense = is_dense_ ? charts_.n_dense_rows(static_cast<std::uint64_t>(in.series(i)[0])) : 1;
      for (std::uint32_t y = 0; y < height; ++y) {
        for (std::uint32_t x = 0; y < n_dense && x < width; x += 2) {
          out.runs.push_back({static_cast<std::uint16_t>(x), 1});
          out.coverage.push_back(255);
        }
        out.row_begin.push_back(static_cast<std::uint32_t>(out.runs.size()));
      }
      out.coverage_begin.push_back(out.coverage.size());
    }
  }

 private:
  Charts& charts_;
  bool is_dense_;
};

/// Stores a byte for each run.
class ChartWriter final : public Writer {
 public:
  ChartWriter(Charts& charts, std::string name) : charts_(charts), name_(std::move(name)) {}
  void declare(Options&) override {}
  void open(const ImageShape&, const SeriesShape&, const RunSetup&) override {}
  [[nodiscard]] Footprint footprint() const override { return {height * width / 2, 1000}; }
  [[nodiscard]] std::size_t batch_multiple() const override { return charts_.multiple; }
  [[nodiscard]] std::size_t n_learned_images() const override { return charts_.n_learned; }
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t) override {
    const std::lock_guard lock(charts_.mutex);
    const std::uint64_t bytes = ink.runs.size() * sizeof(Run) + ink.coverage.size() + 4 * ink.row_begin.size();
    if (position.first_image > 0) charts_.most_ink_bytes = std::max(charts_.most_ink_bytes, bytes);
    if (position.first_image % charts_.multiple != 0) ++charts_.n_wrong;
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      out.bytes.resize(out.bytes.size() + ink.image(i).runs.size(), 1);
      out.begin.push_back(out.bytes.size());
    }
  }
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    const std::lock_guard lock(charts_.mutex);
    if (position.first_image >= charts_.fails_at) throw Error(ErrorKind::io, "planted");
    if (encoded.n_items() != series.size()) ++charts_.n_wrong;
    charts_.parts[name_].emplace_back(position.first_image, series.size());
    auto& stored = charts_.stored[name_];
    if (position.first_image != stored.size()) ++charts_.n_wrong;
    for (const BadSeries& bad : series.bad) charts_.bad.push_back(stored.size() + bad.index);
    for (std::size_t i = 0; i < series.size(); ++i) stored.push_back(series.view().series(i)[0]);
  }
  void finish() override {}
  void abandon() noexcept override {}
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return 0; }

 private:
  Charts& charts_;
  std::string name_;
};

RunReport run(Charts& charts, FlowScript& script, const std::string& values) {
  Registry registry = flow_registry(script);
  registry.add({.type = "dense_draw", .summary = "Draws.", .make = [&] {
                  return std::unique_ptr<Drawer>(new ChartDrawer(charts, true));
                }});
  registry.add({.type = "light_draw", .summary = "Draws.", .make = [&] {
                  return std::unique_ptr<Drawer>(new ChartDrawer(charts, false));
                }});
  for (const std::string name : {"dense_write", "light_write", "other_write"}) {
    registry.add({.type = name, .summary = "Writes.", .make = [&charts, name] {
                    return std::unique_ptr<Writer>(new ChartWriter(charts, name));
                  }});
  }
  return Pipeline::from_json(R"({"plotmill": 1, "run": {)" + values + R"(}, "stages": [
      {"id": "in", "type": "flow_read"},
      {"id": "dense", "type": "dense_draw"}, {"id": "light", "type": "light_draw", "from": "in"},
      {"id": "a", "type": "dense_write", "from": "dense"}, {"id": "b", "type": "light_write", "from": "light"},
      {"id": "c", "type": "other_write", "from": "light"}]})",
                             {}, registry)
      .run();
}

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

TEST_CASE("memory plan: batches are as large as the first charts allow, not as the worst") {
  const auto plan_of = [](std::size_t n_learned) {
    Charts charts;
    charts.n_learned = n_learned;
    FlowScript script;
    script.n_series = 4000;
    return run(charts, script, R"("threads": 2, "memory": "32MB")").plan;
  };
  CHECK(plan_of(0).batch < 20);
  CHECK(plan_of(8).batch == 256);
  CHECK(plan_of(8).batches_in_flight == 2 * 2 + 1 + 3);
}

TEST_CASE("memory plan: a batch that would not fit in the worst case is taken; one image that does not is refused") {
  for (const std::size_t n_learned : {0U, 8U}) {
    Charts charts;
    charts.n_learned = n_learned;
    FlowScript script;
    script.n_series = 3000;
    const RunReport report = run(charts, script, R"("threads": 2, "memory": "8MB", "batch": 1500)");
    CHECK(report.plan.batch == 1500);
    CHECK(report.images == 3000);
    CHECK_THROWS_WITH_AS(run(charts, script, R"("threads": 2, "memory": "600kB", "batch": 1500)"),
                         doctest::Contains("run/memory: "), Error);
  }
}

TEST_CASE("memory plan: a batch with more ink than its share is handed on in parts, on which all drawers agree") {
  for (const std::size_t multiple : {1U, 6U}) {
    for (const std::string batch : {"", R"(, "batch": 600)"}) {
      CAPTURE(multiple);
      CAPTURE(batch);
      Charts charts;
      charts.multiple = multiple;
      // Denser and denser after those that were learned from, and light again.
      charts.n_dense_rows = [](std::uint64_t i) { return i < 1000 || i > 1700 ? 1U : i % 97 + 3; };
      FlowScript script;
      script.n_series = 2400;
      script.bad_series = {5, 1100, 1101, 1399};
      const RunReport report =
          run(charts, script, R"("threads": 3, "memory": "24MB", "on_bad_series": "blank")" + batch);
      CHECK(report.images == 2400);
      CHECK(charts.n_wrong == 0);
      CHECK(charts.bad.size() == 3 * 4);
      for (const std::uint64_t image : {5U, 1100U, 1101U, 1399U}) CHECK(std::ranges::count(charts.bad, image) == 3);
      CHECK(report.n_blanked == 4);
      CHECK(report.blank == 0);
      for (const char* writer : {"dense_write", "light_write", "other_write"}) {
        CHECK(charts.stored[writer] == counted(2400));
        CHECK(charts.parts[writer] == charts.parts["dense_write"]);
      }
      CHECK(charts.parts["dense_write"].size() > 2400 / report.plan.batch + 1);
      CHECK(charts.most_ink_bytes <= 24'000'000 / report.plan.batches_in_flight + multiple * worst_bytes);
    }
  }
}

TEST_CASE("memory plan: a run that fails while batches are in parts ends with its error") {
  Charts charts;
  charts.n_dense_rows = [](std::uint64_t i) { return i < 100 ? 1U : 100U; };
  charts.fails_at = 400;
  FlowScript script;
  script.n_series = 3000;
  CHECK_THROWS_WITH_AS(run(charts, script, R"("threads": 2, "memory": "8MB", "batch": 300, "stall_timeout": 2)"),
                       doctest::Contains("planted"), Error);
  CHECK(charts.parts["dense_write"].size() > 2);
}

TEST_CASE("memory plan: batches that are skipped over and cut keep the places of the series that were left out") {
  Charts charts;
  charts.n_dense_rows = [](std::uint64_t i) { return i < 100 ? 1U : 100U; };
  FlowScript script;
  script.n_series = 500;
  script.bad_series = {0, 200, 201, 499};
  const RunReport report =
      run(charts, script, R"("threads": 2, "memory": "8MB", "batch": 300, "on_bad_series": "skip")");
  CHECK(report.images == 496);
  CHECK(report.n_skipped == 4);
  CHECK(charts.n_wrong == 0);
  CHECK(charts.stored["light_write"].size() == 496);
  // How many images come before each: of three writers.
  for (const auto& [image, n] : {std::pair{0U, 3}, {199U, 6}, {496U, 3}})
    CHECK(std::ranges::count(charts.bad, image) == n);
}

}  // namespace plotmill
