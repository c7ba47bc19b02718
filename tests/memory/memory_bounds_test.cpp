// What stages and runs say they hold at most, against every piece of memory that is asked for.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "support/make_reader.hpp"
#include "support/random_ink.hpp"
#include "support/refusing_memory.hpp"
#include "support/temp_dir.hpp"

namespace plotmill {
namespace {

using namespace test;

/// What there is once for all lanes and images, and small objects.
constexpr std::int64_t beside = 100'000;
/// The same of a whole run, with all that the engine keeps of it.
constexpr std::int64_t beside_run = 1 << 20;

template <class Kind>
std::unique_ptr<Kind> make_stage(std::string_view type, const Params& params) {
  const Registry registry = builtin_stages();
  auto stage = std::get<std::function<std::unique_ptr<Kind>()>>(registry.find(type)->make)();
  Options options;
  stage->declare(options);
  for (const auto& [name, value] : params) {
    const auto option = std::ranges::find(options.all(), name, &Option::name);
    REQUIRE_MESSAGE(option != options.all().end(), name);
    set_option(*option, value);
  }
  return stage;
}

/// Zigzags, each a little higher than the one before: a vector that grows by doubling comes to hold twice what the
/// highest needs.
std::vector<std::vector<double>> growing_series(std::size_t n_points) {
  constexpr int n_series = 40;
  std::vector<std::vector<double>> all;
  for (int height = 1; height <= n_series; ++height) {
    std::vector<double>& series = all.emplace_back(n_points);
    for (std::size_t i = 0; i < n_points; ++i) {
      series[i] = static_cast<double>(i % 2 == 0 ? height : -height) / static_cast<double>(n_series);
    }
  }
  return all;
}

Params chart(std::int64_t side, double line_width) {
  return {{"width", side}, {"height", side + side / 3}, {"line_width", line_width}};
}

std::unique_ptr<Drawer> drawer_of(const Params& params) {
  auto drawer = make_stage<Drawer>("draw_lines", params);
  Options options;
  drawer->declare(options);
  const auto normalize = std::ranges::find(options.all(), "normalize", &Option::name);
  *std::get<WordOrRange*>(normalize->target) = {"", -1, 1};
  return drawer;
}

/// Bytes that each lane of a drawer has taken in the end, all lanes having drawn growing series, as a share of what the
/// drawer says.
double lane_share(const Params& params, std::size_t n_points, std::size_t n_lanes) {
  const auto series = growing_series(n_points);
  const std::int64_t before = watch_held_bytes();
  const auto drawer = drawer_of(params);
  RunSetup setup;
  setup.n_lanes = n_lanes;
  std::int64_t n_ink = 0;
  {
    Ink ink;
    ink.shape = drawer->prepare({n_points, series.size()}, setup);
    for (std::size_t lane = 0; lane < n_lanes; ++lane) {
      for (const auto& one : series) {
        ink.clear();
        drawer->draw({one.data(), 1, n_points}, ink, lane);
      }
    }
    const std::int64_t with_ink = held_bytes();
    ink = {};
    n_ink = with_ink - held_bytes();
  }
  CHECK(n_ink <= static_cast<std::int64_t>(2 * drawer->footprint().per_image) + 100);
  const auto promised = static_cast<double>(n_lanes * drawer->footprint().per_lane + beside);
  return static_cast<double>(held_bytes() - before) / promised;
}

/// What greedy stages take: all that they say. A vector that grows by doubling to a little more than a power of two of
/// these takes twice what it needs.
constexpr std::size_t image_bytes = 20'000;
constexpr std::size_t greedy_points = image_bytes / sizeof(double);
constexpr std::uint64_t n_greedy_images = 600;

/// What the stages of one run share.
struct Greed {
  std::size_t lane_bytes;
  std::size_t n_slots = 0;  ///< Known when the run starts.
  std::atomic<std::size_t> n_encoded = 0;
};

class GreedyReader final : public Reader {
 public:
  void declare(Options&) override {}
  SeriesShape open(const RunSetup&) override {
    held_.resize(held_bytes());
    return {greedy_points, n_greedy_images};
  }
  [[nodiscard]] std::uint64_t held_bytes() const override { return 3 << 20; }
  bool read(Sequences& out, std::size_t at_most) override {
    if (n_read_ == 0) out.new_groups.emplace_back();
    for (; out.size() < at_most && n_read_ < n_greedy_images; ++n_read_) (void)out.append({});
    return n_read_ < n_greedy_images;
  }

 private:
  std::uint64_t n_read_ = 0;
  std::vector<std::uint8_t> held_;
};

class GreedyDrawer final : public Drawer {
 public:
  explicit GreedyDrawer(Greed& greed) : greed_(greed) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape&, const RunSetup& setup) override {
    for (std::size_t lane = 0; lane < setup.n_lanes; ++lane) lanes_.emplace_back(greed_.lane_bytes);
    return {image_bytes, 1};
  }
  [[nodiscard]] Footprint footprint() const override { return {image_bytes, greed_.lane_bytes}; }
  void draw(const SequencesView& in, Ink& out, std::size_t) override {
    for (std::size_t i = 0; i < in.n_series; ++i) {
      out.append_blank();
      out.coverage.resize(out.coverage.size() + image_bytes - sizeof(std::uint32_t) - sizeof(std::size_t), 1);
      out.coverage_begin.back() = out.coverage.size();
    }
  }

 private:
  Greed& greed_;
  std::vector<std::vector<std::uint8_t>> lanes_;
};

class GreedyWriter final : public Writer {
 public:
  explicit GreedyWriter(Greed& greed) : greed_(greed) {}
  void declare(Options&) override {}
  void open(const ImageShape&, const SeriesShape&, const RunSetup& setup) override {
    for (std::size_t lane = 0; lane < setup.n_lanes; ++lane) lanes_.emplace_back(greed_.lane_bytes);
  }
  [[nodiscard]] Footprint footprint() const override { return {image_bytes, greed_.lane_bytes}; }
  void encode(BatchPosition, const Ink& ink, Encoded& out, std::size_t) override {
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      out.bytes.resize(out.bytes.size() + image_bytes - sizeof(std::size_t));
      out.begin.push_back(out.bytes.size());
    }
    ++greed_.n_encoded;
  }
  void commit(BatchPosition position, const Sequences&, const Encoded&) override {
    // Until every slot is full.
    if (position.batch > 0) return;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (greed_.n_encoded < greed_.n_slots && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }
  void finish() override {}
  void abandon() noexcept override {}
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return 0; }

 private:
  Greed& greed_;
  std::vector<std::vector<std::uint8_t>> lanes_;
};

Registry greedy_stages(Greed& greed) {
  Registry registry;
  registry.add(
      {.type = "greedy_read", .summary = "Reads.", .make = [] { return std::unique_ptr<Reader>(new GreedyReader); }});
  registry.add({.type = "greedy_draw", .summary = "Draws.", .make = [&] {
                  return std::unique_ptr<Drawer>(new GreedyDrawer(greed));
                }});
  registry.add({.type = "greedy_write", .summary = "Writes.", .make = [&] {
                  return std::unique_ptr<Writer>(new GreedyWriter(greed));
                }});
  return registry;
}

}  // namespace

TEST_CASE("memory bounds: a lane of draw_lines holds no more than it says, also where its memory grew by doubling") {
  double greatest = 0;
  const auto check = [&](std::int64_t side, std::size_t n_points, double line_width, std::size_t n_lanes) {
    CAPTURE(side);
    CAPTURE(n_points);
    CAPTURE(line_width);
    CAPTURE(n_lanes);
    const double share = lane_share(chart(side, line_width), n_points, n_lanes);
    CHECK(share <= 1);
    greatest = std::max(greatest, share);
  };
  for (const std::int64_t side : {1, 7, 64, 300}) {
    for (const std::size_t n_points : {1U, 2U, 200U, 2000U}) {
      for (const double line_width : {0.1, 1.5, 40.0}) check(side, n_points, line_width, 2);
    }
  }
  check(300, 200, 1.5, 8);
  check(600, 50, 40, 2);
  // A bound that nothing comes near says little.
  CHECK(greatest > 0.6);
}

TEST_CASE("memory bounds: a run whose stages take all that they say holds no more than it planned") {
  struct Case {
    std::string batch;
    std::size_t lane_bytes;
  };
  for (const std::string threads : {"1", "2", "8"}) {
    // What lanes take decides, and what images take.
    for (const Case& c : {Case{"1", 4 << 20}, Case{"17", 1000}}) {
      CAPTURE(threads);
      CAPTURE(c.batch);
      const std::string definition = R"({"plotmill": 1, "run": {"threads": )" + threads + R"(, "batch": )" + c.batch +
                                     R"(}, "stages": [{"id": "in", "type": "greedy_read"},
          {"id": "charts", "type": "greedy_draw"}, {"id": "store", "type": "greedy_write"}]})";
      Greed greed{c.lane_bytes};
      Pipeline pipeline = Pipeline::from_json(definition, {}, greedy_stages(greed));
      const std::int64_t before = watch_held_bytes();
      const RunReport report =
          pipeline.run({.on_start = [&](const RunPlan& plan) { greed.n_slots = plan.batches_in_flight; }});
      const std::int64_t most_held = most_held_bytes() - before;
      const auto planned = static_cast<std::int64_t>(report.plan.memory_bytes);
      CHECK(most_held <= planned + beside_run);
      // A bound that nothing comes near says little.
      CHECK(most_held > planned * 9 / 10);
    }
  }
}

TEST_CASE("memory bounds: the lanes of the writers, and what they encode, take no more than they say") {
  const TempDir folder;
  const std::pair<const char*, Params> writers[] = {{"write_hdf5", {{"path", folder.file("charts.h5")}}},
                                                    {"write_png", {{"directory", folder.file("png")}}},
                                                    {"write_jpeg", {{"directory", folder.file("jpeg")}}}};
  for (const auto& [type, params] : writers) {
    CAPTURE(std::string(type));
    Random random(5);
    for (const ImageShape shape : {ImageShape{1, 1}, ImageShape{200, 150}, ImageShape{1200, 9}}) {
      const Ink noise = random_ink(shape, 3, random);
      const auto held_with = [&](std::size_t n_lanes) {
        const std::int64_t before = held_bytes();
        const auto writer = make_stage<Writer>(type, params);
        RunSetup setup;
        setup.n_lanes = n_lanes;
        setup.definition = "{}";
        writer->open(shape, {1, 3}, setup);
        for (std::size_t lane = 0; lane < n_lanes; ++lane) {
          Encoded encoded;
          const std::int64_t without = held_bytes();
          writer->encode({lane, 3 * lane}, noise, encoded, lane);
          CHECK(held_bytes() - without <= static_cast<std::int64_t>(2 * 3 * writer->footprint().per_image));
        }
        const std::int64_t held = held_bytes() - before;
        const auto said = static_cast<std::int64_t>(6 * writer->footprint().per_lane);
        writer->abandon();
        return std::pair(held, said);
      };
      const auto [two, said] = held_with(2);
      // What malloc() rounds up to is nobody's.
      CHECK(held_with(8).first - two <= said + 600);
    }
  }
}

}  // namespace plotmill
