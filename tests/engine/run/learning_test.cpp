// What writers are shown before the first image is encoded.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

/// Draws a series as its number: one pixel of ink whose coverage is one more than the series' first value.
class NumberDrawer final : public Drawer {
 public:
  explicit NumberDrawer(std::vector<std::vector<float>>& drawn) : drawn_(drawn) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape&, const RunSetup&) override { return {2, 1}; }
  [[nodiscard]] Footprint footprint() const override { return {100, 100}; }
  [[nodiscard]] std::optional<std::string> refuse(std::span<const double> series) const override {
    if (series[0] == 6) return "is six";
    return {};
  }
  void draw(const SequencesView& in, Ink& out, std::size_t) override {
    for (std::size_t i = 0; i < in.n_series; ++i) {
      drawn_.emplace_back(in.series(i).begin(), in.series(i).end());
      out.runs.push_back({0, 1});
      out.coverage.push_back(static_cast<std::uint8_t>(1 + in.series(i)[0]));
      out.row_begin.push_back(static_cast<std::uint32_t>(out.runs.size()));
      out.coverage_begin.push_back(out.coverage.size());
    }
  }

 private:
  std::vector<std::vector<float>>& drawn_;
};

/// Learns from as many images as it is told to, and keeps the coverage of what it is shown.
class LearningWriter final : public Writer {
 public:
  LearningWriter(std::size_t n, std::vector<int>& shown) : n_(n), shown_(shown) {}
  void declare(Options&) override {}
  void open(const ImageShape&, const SeriesShape&, const RunSetup&) override {}
  [[nodiscard]] Footprint footprint() const override { return {100, 100}; }
  [[nodiscard]] std::size_t n_learned_images() const override { return n_; }
  void learn(const Ink& ink) override {
    CHECK(ink.n_images() == 1);
    shown_.push_back(ink.coverage.at(0) - 1);
  }
  void encode(BatchPosition, const Ink& ink, Encoded& out, std::size_t) override {
    for (std::size_t i = 0; i < ink.n_images(); ++i) out.begin.push_back(0);
  }
  void commit(BatchPosition, const Sequences&, const Encoded&) override {}
  void finish() override {}
  void abandon() noexcept override {}
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return 0; }

 private:
  std::size_t n_;
  std::vector<int>& shown_;
};

/// What two writers are shown of 40 series, those of the numbers 3 (can't be read) and 6 (can't be drawn) being bad.
struct Learned {
  std::vector<int> few, many;
  std::vector<std::vector<float>> drawn;
};

Learned learned_from(FlowScript& script, std::size_t n_few, std::size_t n_many) {
  Learned learned;
  Registry registry = flow_registry(script);
  registry.add({.type = "number_draw", .summary = "Draws.", .make = [&] {
                  return std::unique_ptr<Drawer>(new NumberDrawer(learned.drawn));
                }});
  for (const auto& [type, n, shown] :
       {std::tuple{"few_write", n_few, &learned.few}, std::tuple{"many_write", n_many, &learned.many}}) {
    registry.add({.type = type, .summary = "Writes.", .make = [n = n, shown = shown] {
                    return std::unique_ptr<Writer>(new LearningWriter(n, *shown));
                  }});
  }
  (void)Pipeline::from_json(R"({"plotmill": 1, "run": {"batch": 7, "threads": 1, "on_bad_series": "skip"}, "stages": [
      {"id": "in", "type": "flow_read"}, {"id": "charts", "type": "number_draw"},
      {"id": "few", "type": "few_write"}, {"id": "many", "type": "many_write", "from": "charts"}]})",
                            {}, registry)
      .run();
  return learned;
}

}  // namespace

TEST_CASE("learning: each writer is shown the first series in order, without bad ones, and as many that are made up") {
  FlowScript script;
  script.n_series = 40;
  script.bad_series = {3};
  const Learned learned = learned_from(script, 5, 9);
  const auto first = [](const std::vector<int>& shown, std::size_t n) {
    return std::vector<int>(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(n));
  };
  // Of the first five, and nine, those that can be drawn.
  REQUIRE(learned.few.size() == 4 + 5);
  CHECK(first(learned.few, 4) == std::vector{0, 1, 2, 4});
  REQUIRE(learned.many.size() == 7 + 9);
  CHECK(first(learned.many, 7) == std::vector{0, 1, 2, 4, 5, 7, 8});
}

TEST_CASE("learning: made-up series fill the range of the first ones, and no two are the same") {
  FlowScript script;
  script.n_series = 200;
  script.n_points = 50;
  const Learned learned = learned_from(script, 1, 32);
  REQUIRE(learned.drawn.size() >= 63);
  std::set<std::vector<float>> different;
  // One of the first 32 can't be drawn.
  for (std::size_t i = 31; i < 63; ++i) {
    const auto& series = learned.drawn[i];
    const auto [lo, hi] = std::ranges::minmax(series);
    // Their middle may lie beside it: the range begins at 0 where all points lie on one side.
    CHECK(lo >= 0);
    CHECK(hi <= 31.001F);
    CHECK(hi - lo > 10);
    different.insert(series);
  }
  CHECK(different.size() == 32);
}

TEST_CASE("learning: a writer that wants more than there is sees all there is") {
  FlowScript script;
  script.n_series = 3;
  const Learned learned = learned_from(script, 2, 30);
  REQUIRE(learned.many.size() == 3 + 30);
  CHECK(learned.many[2] == 2);
  CHECK(learned.few.size() == 2 + 2);
}

}  // namespace plotmill
