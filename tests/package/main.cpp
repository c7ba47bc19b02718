// What an embedder does with the installed package: pipelines from JSON with stages of their own, progress, cancel, and
// drawing in memory without a pipeline.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <plotmill/build_info.hpp>
#include <plotmill/describe.hpp>
#include <plotmill/draw_lines.hpp>
#include <plotmill/pipeline.hpp>
#include <plotmill/preview.hpp>
#include <plotmill/report_page.hpp>
#include <string>
#include <thread>
#include <vector>

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "package: not so: %s\n", what);
  std::exit(1);
}

// Series that all rise from 0 to 1.
class MakeRamps final : public plotmill::Reader {
 public:
  explicit MakeRamps(std::atomic<int>& n_batches) : n_batches_(n_batches) {}

  void declare(plotmill::Options& options) override {
    options.add({.name = "count", .target = &count_, .min = 0, .max = 1e9, .doc = "How many; 0 never ends."});
  }

  plotmill::SeriesShape open(const plotmill::RunSetup&) override {
    plotmill::SeriesShape shape{5, {}};
    if (count_ > 0) shape.n_series = static_cast<std::uint64_t>(count_);
    return shape;
  }

  bool read(plotmill::Sequences& out, std::size_t at_most) override {
    // All are of one group, which has no name.
    if (made_ == 0) out.new_groups.emplace_back();
    for (; out.size() < at_most && (count_ == 0 || made_ < count_); ++made_) {
      double value = 0;
      for (double& point : out.append({0, static_cast<std::uint64_t>(made_) * 5})) {
        point = value;
        value += 0.25;
      }
    }
    ++n_batches_;
    return count_ == 0 || made_ < count_;
  }

 private:
  std::atomic<int>& n_batches_;
  std::int64_t count_ = 0;
  std::int64_t made_ = 0;
};

// What the writer below has seen; it outlives the run, which the stage does not.
struct Tally {
  std::uint64_t images = 0;
  std::uint64_t ink_pixels = 0;
  std::uint64_t next_batch = 0;
  bool in_order = true;
  bool finished = false;
  bool abandoned = false;
  std::atomic<std::uint64_t> bytes = 0;
};

// Counts the ink pixels of each image.
class CountInk final : public plotmill::Writer {
 public:
  explicit CountInk(Tally& tally) : tally_(tally) {}

  void declare(plotmill::Options& options) override {
    options.add({.name = "weight", .target = &weight_, .min = 1, .max = 10, .doc = "Counts every pixel so often."});
  }

  void open(const plotmill::ImageShape&, const plotmill::SeriesShape&, const plotmill::RunSetup&) override {}

  [[nodiscard]] plotmill::Footprint footprint() const override { return {sizeof(std::uint64_t), 0}; }

  void encode(plotmill::BatchPosition, const plotmill::Ink& ink, plotmill::Encoded& out, std::size_t) override {
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      const std::uint64_t n = ink.image(i).coverage.size() * static_cast<std::uint64_t>(weight_);
      out.bytes.resize(out.bytes.size() + sizeof n);
      std::memcpy(out.bytes.data() + out.bytes.size() - sizeof n, &n, sizeof n);
      out.begin.push_back(out.bytes.size());
    }
  }

  void commit(plotmill::BatchPosition position, const plotmill::Sequences& series,
              const plotmill::Encoded& encoded) override {
    tally_.in_order = tally_.in_order && position.batch == tally_.next_batch++ &&
                      position.first_image == tally_.images && series.size() == encoded.n_items();
    for (std::size_t i = 0; i < encoded.n_items(); ++i) {
      std::uint64_t n = 0;
      std::memcpy(&n, encoded.item(i).data(), sizeof n);
      tally_.ink_pixels += n;
    }
    tally_.images += encoded.n_items();
    tally_.bytes += encoded.bytes.size();
  }

  void finish() override { tally_.finished = true; }
  void abandon() noexcept override { tally_.abandoned = true; }
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return tally_.bytes; }

 private:
  Tally& tally_;
  std::int64_t weight_ = 1;
};

plotmill::Registry registry_with(Tally& tally, std::atomic<int>& n_batches) {
  plotmill::Registry registry = plotmill::builtin_stages();
  registry.add({.type = "count_ink", .summary = "Counts ink pixels.", .make = [&tally] {
                  return std::unique_ptr<plotmill::Writer>(new CountInk(tally));
                }});
  registry.add({.type = "make_ramps", .summary = "Makes rising series.", .make = [&n_batches] {
                  return std::unique_ptr<plotmill::Reader>(new MakeRamps(n_batches));
                }});
  return registry;
}

void runs_a_pipeline_with_an_own_writer() {
  Tally tally;
  std::atomic<int> n_batches = 0;
  plotmill::Pipeline pipeline = plotmill::Pipeline::from_json(
      R"({"plotmill": 1, "run": {"threads": 2, "batch": 16, "memory": "256MiB"},
          "stages": [
            {"id": "walks", "type": "make_sequences", "params": {"count": 50, "window": 20}},
            {"id": "charts", "type": "draw_lines", "params": {"width": 64, "height": 48}},
            {"id": "ink", "type": "count_ink", "params": {"weight": 2}}]})",
      {{"walks.count", "40"}}, registry_with(tally, n_batches));
  require(pipeline.reader_id() == "walks", "reader_id() names the reader");
  require(pipeline.graph().find("charts") != std::string::npos, "graph() shows the stages");

  const std::thread::id caller = std::this_thread::get_id();
  plotmill::Progress last;
  int n_calls = 0;
  plotmill::RunOptions options;
  options.on_progress = [&](const plotmill::Progress& progress) {
    require(std::this_thread::get_id() == caller, "progress is told on the caller's thread");
    require(progress.images >= last.images, "progress never goes back");
    last = progress;
    ++n_calls;
  };
  plotmill::Trace trace;
  options.trace = &trace;
  const plotmill::RunReport report = pipeline.run(options);

  // Three batches are read, drawn, encoded and stored, and the output is completed.
  require(trace.spans.size() == 3 * 4 + 1 && trace.error.empty(), "the trace has every batch in every step");
  const std::string page = plotmill::report_page(report, trace, {"own writer", "", pipeline.definition(), 2});
  require(page.find("count_ink") != std::string::npos, "the page shows the stages");
  require(report.images == 40 && tally.images == 40, "40 images, as the override says");
  require(report.blank == 0, "no blank image");
  require(report.plan.batch == 16 && report.plan.threads == 2 && report.plan.device == "cpu",
          "the report has the plan");
  require(report.bytes_written == tally.bytes && tally.bytes == 40 * sizeof(std::uint64_t), "bytes are counted");
  require(tally.in_order && tally.finished && !tally.abandoned, "batches come in order and the writer is finished");
  require(tally.ink_pixels >= 2 * 40 * 64, "every column of every chart has ink, counted twice");
  require(n_calls >= 1 && last.images == 40 && last.n_images == 40, "the last progress is the end");
  bool found = false;
  for (const plotmill::StageReport& stage : report.stages) {
    found = found || (stage.id == "charts" && stage.type == "draw_lines" && stage.items == 40);
  }
  require(found, "the report has the drawing stage");
}

void runs_a_pipeline_with_an_own_reader() {
  Tally tally;
  std::atomic<int> n_batches = 0;
  plotmill::Pipeline pipeline = plotmill::Pipeline::from_json(
      R"({"plotmill": 1,
          "stages": [
            {"id": "ramps", "type": "make_ramps", "params": {"count": 7}},
            {"id": "charts", "type": "draw_lines", "params": {"width": 64, "height": 48}},
            {"id": "ink", "type": "count_ink"}]})",
      {}, registry_with(tally, n_batches));
  const plotmill::Preview preview = pipeline.preview({.count = 3});
  require(preview.charts.size() == 3 && !preview.sheet_png.empty(), "a sheet of 3 ramps");
  require(tally.ink_pixels == 0, "a writer that can't be rehearsed takes no part in a preview");
  require(pipeline.run().images == 7, "7 ramps");
  require(tally.ink_pixels % 7 == 0 && tally.ink_pixels > 0, "equal series give equal ink");
}

void describes_an_own_stage() {
  Tally tally;
  std::atomic<int> n_batches = 0;
  const plotmill::Registry registry = registry_with(tally, n_batches);
  require(plotmill::describe_stage(*registry.find("count_ink")).find("Example: \"weight\": 1") != std::string::npos,
          "an own option has an example");
  const std::string schema = plotmill::schema_json(registry);
  require(schema.find("\"count_ink\"") != std::string::npos && schema.find("\"weight\"") != std::string::npos,
          "the schema has the own stage and its option");
}

void cancels_from_another_thread() {
  Tally tally;
  std::atomic<int> n_batches = 0;
  plotmill::Pipeline pipeline = plotmill::Pipeline::from_json(
      R"({"plotmill": 1, "run": {"batch": 8},
          "stages": [
            {"id": "ramps", "type": "make_ramps"},
            {"id": "charts", "type": "draw_lines", "params": {"width": 64, "height": 48}},
            {"id": "ink", "type": "count_ink"}]})",
      {}, registry_with(tally, n_batches));
  std::thread canceller([&] {
    while (n_batches < 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pipeline.cancel();
  });
  bool cancelled = false;
  try {
    pipeline.run();
  } catch (const plotmill::Error& error) {
    cancelled = error.kind() == plotmill::ErrorKind::cancelled;
  }
  canceller.join();
  require(cancelled, "a cancelled run throws Error (cancelled)");
  require(tally.abandoned && !tally.finished, "the writer of a cancelled run is abandoned");
}

void refuses_a_wrong_definition() {
  try {
    static_cast<void>(plotmill::Pipeline::from_json(
        R"({"plotmill": 1, "stages": [{"id": "a", "type": "make_sequence"}, {"id": "b", "type": "draw_lines"}]})"));
  } catch (const plotmill::Error& error) {
    require(error.kind() == plotmill::ErrorKind::definition, "the kind is definition");
    require(!error.faults().empty() && std::strlen(error.what()) > 0, "the fault is told");
    return;
  }
  require(false, "a wrong definition throws");
}

void draws_in_memory() {
  // The first series rises from corner to corner, the second is flat and so lies at half height.
  const double values[] = {0, 1, 2, 3, 3, 3};
  plotmill::LineOptions options;
  options.width = 11;
  options.height = 11;
  options.line_width_px = 1;
  const plotmill::Ink ink = plotmill::draw_lines({values, 2, 3}, options);
  require(ink.n_images() == 2, "an image for each series");
  std::vector<std::uint8_t> pixels(ink.shape.n_pixels());
  const auto at = [&](std::size_t x, std::size_t y) { return pixels[y * 11 + x]; };

  plotmill::fill_pixels(ink.image(0), pixels);
  require(at(5, 5) < 60 && at(2, 8) < 60, "the diagonal is dark");
  require(at(0, 0) == 255 && at(10, 10) == 255, "the other corners are paper");

  plotmill::fill_pixels(ink.image(1), pixels);
  require(at(5, 5) == 0, "a 1 px line on a row of pixels covers it");
  require(at(5, 3) == 255 && at(5, 7) == 255, "and nothing else");

  options.width = 0;
  const std::vector<plotmill::Fault> faults = plotmill::check_options(options);
  require(faults.size() == 1 && faults[0].place == "width", "check_options() finds the width");
  try {
    static_cast<void>(plotmill::draw_lines({values, 2, 3}, options));
  } catch (const plotmill::Error& error) {
    require(error.kind() == plotmill::ErrorKind::definition, "draw_lines() refuses the width");
    return;
  }
  require(false, "draw_lines() throws on a wrong option");
}

}  // namespace

int main() {
  require(plotmill::version() == PACKAGE_VERSION, "the library has the package's version");
  require(plotmill::build_info().version == PACKAGE_VERSION, "the library knows what it was built from");
  draws_in_memory();
  runs_a_pipeline_with_an_own_writer();
  runs_a_pipeline_with_an_own_reader();
  describes_an_own_stage();
  cancels_from_another_thread();
  refuses_a_wrong_definition();
  std::puts("package: ok");
}
