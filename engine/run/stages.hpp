// The stage objects of one run, made from a definition and opened, and the sizes that follow from them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/device/source.hpp"
#include "engine/run/first_charts.hpp"
#include "engine/run/node_clock.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {

/// What the engine keeps for every stage.
struct RunNode {
  std::string id, type;

  /// Where an error of this stage happened.
  [[nodiscard]] std::string place() const { return stage_place(id, type); }
};

struct ReaderNode : RunNode {
  std::unique_ptr<Reader> stage;
  NodeClock clock;
};

struct DrawerNode : RunNode {
  std::unique_ptr<Drawer> stage;
  ImageShape shape;
  Concurrency concurrency = Concurrency::parallel;
  bool can_use_device = false;
  std::unique_ptr<DeviceDrawer> device_drawer;  ///< Where it draws on devices.
  NodeClock clock;
  NodeClock upload_clock, download_clock;   ///< Where it draws on devices.
  std::atomic<std::uint64_t> n_blank = 0;   ///< Images without any ink.
  std::optional<FirstCharts> first_charts;  ///< Kept where the run is traced.

  /// Of the node that gives the ink.
  [[nodiscard]] const NodeClock& ink_clock() const { return device_drawer ? download_clock : clock; }
};

struct WriterNode : RunNode {
  std::unique_ptr<Writer> stage;
  std::size_t drawer = 0;                     ///< Index of the drawer that feeds it.
  bool opened = false;                        ///< open() was called, and neither finish() nor abandon(), which must be.
  std::optional<std::uint64_t> bytes_beside;  ///< As rehearse() gave it.
  Stored stored;                              ///< By earlier runs.
  /// When what is new since the last checkpoint must be safe; max() where nothing is. Of the commit thread alone.
  Clock::time_point checkpoint_due = Clock::time_point::max();
  NodeClock encode_clock, commit_clock;
  NodeClock finish_clock;            ///< Of the completion of the output.
  std::atomic<bool> stores = false;  ///< It is in a call that may wait for the disk.
};

/// What the stages are for.
enum class Purpose {
  run,
  rehearsal,  ///< To draw and encode a sample: no writer is opened, and those that can't be rehearsed are left out.
};

/// Makes every stage, opens them from the reader on, and chooses batch and number of slots. Throws Error with the stage
/// as its place; then writers that were opened have been abandoned.
struct RunStages {
  /// A stage that works for long while it is opened stops when `cancelled` is set.
  RunStages(const Definition& definition, const RunOptions& options, Purpose purpose = Purpose::run,
            const DeviceSource& source = cuda_devices(), const std::atomic<bool>* cancelled = nullptr);
  RunStages(const RunStages&) = delete;
  RunStages& operator=(const RunStages&) = delete;
  /// Abandons the writers of a run that never came to its end.
  ~RunStages() { abandon_writers(); }

  std::vector<std::unique_ptr<Device>> devices;  ///< None where all is drawn on the CPU.
  ReaderNode reader;
  std::vector<std::unique_ptr<DrawerNode>> drawers;
  std::vector<std::unique_ptr<WriterNode>> writers;
  std::vector<RunNode> left_out;  ///< Writers that can't be rehearsed.
  SeriesShape series;
  RunPlan plan;
  std::shared_ptr<Pulse> pulse;
  OnBadSeries on_bad_series = OnBadSeries::error;
  double checkpoint_seconds = 0;
  bool can_resume = false;  ///< The input can be known again.

  /// Whether earlier runs have left nothing to do.
  [[nodiscard]] bool all_complete() const;

  /// A writer that may wait for the disk now; null where there is none. Any thread.
  [[nodiscard]] const WriterNode* storing() const;

  [[nodiscard]] std::vector<ImageShape> image_shapes() const;

  /// Number of each thread in a trace, in the order in which they are shown.
  [[nodiscard]] static std::size_t reader_thread() noexcept { return 0; }
  [[nodiscard]] static std::size_t lane_thread(std::size_t lane) noexcept { return 1 + lane; }
  [[nodiscard]] std::size_t writer_thread(std::size_t writer) const noexcept { return 1 + plan.threads + writer; }
  [[nodiscard]] std::size_t stream_thread(std::size_t stream) const noexcept {
    return writer_thread(writers.size()) + stream;
  }

 private:
  void abandon_writers() noexcept;
  void make_all(const Definition& definition);
  void choose_device(const RunSettings& settings, Purpose purpose, const DeviceSource& source);
  void open(const RunSetup& setup);
  void open_writers(const RunSetup& setup);
  void rehearse_writers(const RunSetup& setup);
  void choose_sizes(const RunSettings& settings);
  void choose_first_image(std::uint64_t multiple);
};

/// Where an error about one series happened: the stage, the number of the image, and what of the input it shows.
[[nodiscard]] std::string image_place(const RunNode& node, const ReaderNode& reader, std::uint64_t image,
                                      const std::string& group, const Source& source);

/// Runs `work`; an exception that leaves it becomes an Error with `place` in front: memory refused, or a bug of a
/// stage.
template <class Work>
auto at_place(const std::string& place, Work&& work);

/// The Error for the exception in flight, with `place` in front of the place it has.
[[nodiscard]] Error current_error_at(const std::string& place);

template <class Work>
auto at_place(const std::string& place, Work&& work) {
  try {
    return work();
  } catch (...) {
    throw current_error_at(place);
  }
}

}  // namespace plotmill
