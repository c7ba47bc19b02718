// Stages whose every step a test decides, for tests of the engine alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"

namespace plotmill::test {

/// What a test wants to happen, and what did happen. Must outlive the pipeline.
struct FlowScript {
  std::uint64_t n_series = 100;
  std::size_t n_points = 4;
  bool knows_count = true;
  std::string last_group = {};                 ///< Its name comes at the end of the input, without any series.
  std::uint64_t n_stored = 0;                  ///< Images that writers have of an earlier run.
  std::vector<std::uint64_t> bad_series = {};  ///< Numbers of those that can't be read.
  bool serial_drawer = false;
  /// What Drawer::on_device() gives, by the points of a series; the drawer can't use a device without it.
  std::function<std::unique_ptr<DeviceDrawer>(std::size_t n_points)> device_drawer = nullptr;
  std::size_t batch_multiple = 1;
  std::size_t n_learned_images = 0;
  std::uint64_t reader_held_bytes = 0;
  Footprint drawer_footprint{1000, 1000};
  /// Called with the name of a step ("read", "draw", "encode", "commit", "checkpoint", "learn", "open reader",
  /// "prepare", "open writer", "finish") and the batch (0 where there is none), before the step does its work. May
  /// sleep or throw.
  std::function<void(const std::string& step, std::uint64_t batch)> on = [](const std::string&, std::uint64_t) {};

  /// Called by encode().
  std::function<void(BatchPosition, const Ink&)> on_ink = [](BatchPosition, const Ink&) {};

  /// Called by draw() once for each batch.
  std::function<void(Pulse&)> on_image = [](Pulse&) {};

  std::atomic<std::uint64_t> n_read = 0;
  std::atomic<int> n_drawing = 0;
  std::atomic<int> most_drawing = 0;
  std::atomic<int> n_lane_clashes = 0;
  std::atomic<int> n_learned = 0;
  std::atomic<int> n_encoded = 0;
  std::atomic<int> n_learned_late = 0;  ///< After an encode() had begun.
  std::atomic<int> n_finished = 0;
  std::atomic<int> n_abandoned = 0;
  std::atomic<int> n_destroyed = 0;
  std::mutex mutex;
  std::set<std::pair<std::string, std::size_t>> lanes_in_use;
  std::vector<std::string> groups;          ///< Names as they came to writers.
  std::vector<std::vector<double>> stored;  ///< By writer: the first value of each series, in order of commit.
};

class FlowReader final : public Reader {
 public:
  explicit FlowReader(FlowScript& script) : script_(script) {}
  ~FlowReader() override { ++script_.n_destroyed; }
  void declare(Options&) override {}
  SeriesShape open(const RunSetup&) override {
    script_.on("open reader", 0);
    if (!script_.knows_count) return {script_.n_points, std::nullopt};
    return {script_.n_points, script_.n_series};
  }
  [[nodiscard]] std::uint64_t held_bytes() const override { return script_.reader_held_bytes; }
  bool read(Sequences& out, std::size_t at_most) override {
    script_.on("read", batch_++);
    if (next_ == 0) out.new_groups.emplace_back("even");
    for (; out.size() < at_most && next_ < script_.n_series; ++next_) {
      if (next_ == 1) out.new_groups.emplace_back("odd");
      if (std::ranges::count(script_.bad_series, next_) > 0) {
        BadSeries bad;
        bad.index = out.size();
        bad.source = {static_cast<std::uint32_t>(next_ % 2), 10 * next_};
        bad.reason = "planted";
        out.bad.push_back(bad);
      }
      for (double& value : out.append({static_cast<std::uint32_t>(next_ % 2), 10 * next_}))
        value = static_cast<double>(next_);
      ++script_.n_read;
    }
    if (script_.last_group.empty()) return next_ < script_.n_series;
    // Who does not know the count finds the end only where a batch is not filled.
    if (out.size() == at_most && !(script_.knows_count && next_ == script_.n_series)) return true;
    out.new_groups.push_back(script_.last_group);
    return false;
  }

 private:
  FlowScript& script_;
  std::uint64_t next_ = 0;
  std::uint64_t batch_ = 0;
};

/// Draws nothing: every image is all paper.
class FlowDrawer final : public Drawer {
 public:
  explicit FlowDrawer(FlowScript& script) : script_(script) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape& series, const RunSetup& setup) override {
    n_points_ = series.n_points;
    pulse_ = setup.pulse;
    script_.on("prepare", 0);
    return {2, 1};
  }
  [[nodiscard]] Footprint footprint() const override { return script_.drawer_footprint; }
  void draw(const SequencesView& in, Ink& out, std::size_t lane) override {
    enter("draw", lane);
    const int drawing = ++script_.n_drawing;
    int most = script_.most_drawing;
    while (most < drawing && !script_.most_drawing.compare_exchange_weak(most, drawing)) {
    }
    try {
      script_.on("draw", static_cast<std::uint64_t>(in.values[0]) / in.n_series);
      script_.on_image(*pulse_);
    } catch (...) {
      --script_.n_drawing;
      leave("draw", lane);
      throw;
    }
    for (std::size_t i = 0; i < in.n_series; ++i) {
      out.row_begin.push_back(0);
      out.coverage_begin.push_back(0);
    }
    --script_.n_drawing;
    leave("draw", lane);
  }
  [[nodiscard]] std::unique_ptr<DeviceDrawer> on_device() override { return script_.device_drawer(n_points_); }

 private:
  void enter(const std::string& step, std::size_t lane) {
    const std::lock_guard lock(script_.mutex);
    if (!script_.lanes_in_use.insert({step, lane}).second) ++script_.n_lane_clashes;
  }
  void leave(const std::string& step, std::size_t lane) {
    const std::lock_guard lock(script_.mutex);
    script_.lanes_in_use.erase({step, lane});
  }
  FlowScript& script_;
  std::shared_ptr<Pulse> pulse_;
  std::size_t n_points_ = 0;
};

class FlowWriter final : public Writer {
 public:
  explicit FlowWriter(FlowScript& script) : script_(script) {
    const std::lock_guard lock(script.mutex);
    index_ = script.stored.size();
    script.stored.emplace_back();
  }
  void declare(Options&) override {}
  void open(const ImageShape&, const SeriesShape&, const RunSetup&) override { script_.on("open writer", index_); }
  [[nodiscard]] Footprint footprint() const override { return {100, 100}; }
  [[nodiscard]] std::size_t batch_multiple() const override { return script_.batch_multiple; }
  [[nodiscard]] std::size_t n_learned_images() const override { return script_.n_learned_images; }
  void learn(const Ink& ink) override {
    script_.on("learn", index_);
    script_.n_learned += static_cast<int>(ink.n_images());
    if (script_.n_encoded > 0) ++script_.n_learned_late;
  }
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t) override {
    ++script_.n_encoded;
    script_.on("encode", position.batch);
    script_.on_ink(position, ink);
    out.bytes.push_back(static_cast<std::uint8_t>(position.batch));
    out.begin.push_back(1);
  }
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    script_.on("commit", position.batch);
    const bool is_encoded = series.size() > 0 && position.first_image + series.size() > script_.n_stored;
    if (is_encoded && (encoded.n_items() != 1 || encoded.item(0)[0] != static_cast<std::uint8_t>(position.batch))) {
      throw Error(ErrorKind::internal, "bytes of another batch");
    }
    const std::lock_guard lock(script_.mutex);
    script_.groups.insert(script_.groups.end(), series.new_groups.begin(), series.new_groups.end());
    for (std::size_t i = 0; i < series.size(); ++i) script_.stored[index_].push_back(series.view().series(i)[0]);
    bytes_ += 10;
  }
  [[nodiscard]] Stored stored() const override { return {script_.n_stored, false}; }
  void checkpoint() override { script_.on("checkpoint", index_); }
  void finish() override {
    script_.on("finish", index_);
    ++script_.n_finished;
  }
  void abandon() noexcept override { ++script_.n_abandoned; }
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return bytes_; }

 private:
  FlowScript& script_;
  std::size_t index_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

/// A registry of flow_read, flow_draw and flow_write that follow the script.
[[nodiscard]] inline Registry flow_registry(FlowScript& script) {
  Registry registry;
  registry.add({.type = "flow_read", .summary = "Reads.", .make = [&] {
                  return std::unique_ptr<Reader>(new FlowReader(script));
                }});
  registry.add({.type = "flow_draw",
                .summary = "Draws.",
                .make = [&] { return std::unique_ptr<Drawer>(new FlowDrawer(script)); },
                .concurrency = script.serial_drawer ? Concurrency::serial : Concurrency::parallel,
                .on_device = script.device_drawer != nullptr});
  registry.add({.type = "flow_write", .summary = "Writes.", .make = [&] {
                  return std::unique_ptr<Writer>(new FlowWriter(script));
                }});
  return registry;
}

/// A pipeline read -> draw -> write with these values of `run`, as JSON members.
[[nodiscard]] inline Pipeline flow_pipeline(FlowScript& script, const std::string& run = "",
                                            const std::string& more_stages = "") {
  return Pipeline::from_json(R"({"plotmill": 1, "run": {)" + run + R"(}, "stages": [
      {"id": "in", "type": "flow_read"}, {"id": "charts", "type": "flow_draw"}, {"id": "store", "type": "flow_write"})" +
                                 more_stages + "]}",
                             {}, flow_registry(script));
}

/// What the writers of the run have stored: a definition is checked with stages of its own, which leave empty lists
/// behind.
[[nodiscard]] inline std::vector<std::vector<double>> used_lists(const FlowScript& script) {
  std::vector<std::vector<double>> lists;
  for (const auto& list : script.stored) {
    if (!list.empty()) lists.push_back(list);
  }
  return lists;
}

/// How long the run takes at least, where everything else overlaps with its busiest stage.
[[nodiscard]] inline double busiest_seconds(const RunReport& report) {
  double busiest = 0;
  for (const StageReport& stage : report.stages) {
    busiest = std::max(busiest, stage.busy_seconds / static_cast<double>(stage.threads));
  }
  return busiest;
}

}  // namespace plotmill::test
