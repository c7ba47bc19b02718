// Reads a pipeline definition, checks it, and runs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/export.hpp"
#include "plotmill/registry.hpp"
#include "plotmill/trace.hpp"

namespace plotmill {

/// plotmill's version, "1.2.3". plotmill/build_info.hpp tells more.
[[nodiscard]] PLOTMILL_EXPORT std::string_view version() noexcept;

/// One value of a definition replaced from outside: what `--set id.param=value` says.
struct PLOTMILL_EXPORT Override {
  std::string path;   ///< "run.threads" or "<stage id>.<option>".
  std::string value;  ///< JSON, or plain text where it is not JSON.
};

/// Where one stage stands. A write stage gives two, "ID encode" and "ID commit"; a draw stage on a GPU three, "ID
/// upload", "ID" and "ID download".
struct PLOTMILL_EXPORT StageProgress {
  std::string id;
  Step step = Step::read;
  double busy = 0;                  ///< Share of its threads' time, 0..1, in the last second.
  std::uint64_t images = 0;         ///< Done.
  std::size_t batches_waiting = 0;  ///< In front of it or in its hands; always 0 for the reader.
};

/// Where a run stands.
struct PLOTMILL_EXPORT Progress {
  std::uint64_t images = 0;               ///< Images that every writer has stored.
  std::optional<std::uint64_t> n_images;  ///< Of how many, where the reader knows.
  std::uint64_t bytes_written = 0;
  double seconds = 0;  ///< Since the first batch was asked for.
  std::vector<StageProgress> stages;
};

/// What a run decided before its first batch.
struct PLOTMILL_EXPORT RunPlan {
  std::string device;         ///< "cpu", "cuda:0", "cuda:all"
  std::string device_reason;  ///< Of a GPU what it is, of the CPU why it was chosen, in one line.
  std::size_t streams = 0;    ///< Of each GPU, on which a batch each is drawn.
  std::size_t threads = 0;    ///< That draw and encode; reading and each writer have a thread of their own beside them.
  std::size_t batch = 0;      ///< Images in a batch.
  std::size_t batches_in_flight = 0;      ///< At most.
  std::uint64_t memory_bytes = 0;         ///< That batches in flight and scratch can take, within `run.memory`.
  std::optional<std::uint64_t> n_images;  ///< That the run makes, at most; where the reader knows.
  std::uint64_t first_image = 0;          ///< Number of the first of them: not 0 where the run is resumed.
};

/// What one stage did. A write stage gives two, "ID encode" and "ID commit"; a draw stage on a GPU three, "ID upload",
/// "ID" and "ID download".
struct PLOTMILL_EXPORT StageReport {
  std::string id;
  std::string type;
  double busy_seconds = 0;     ///< Summed over threads; of a commit with the completion of the output.
  double waiting_seconds = 0;  ///< Wall time in which the stage worked on no batch.
  std::uint64_t items = 0;     ///< Images.
  Step step = Step::read;
  std::size_t threads = 1;  ///< How many can work on it at once.
};

/// A series that could not be drawn.
struct PLOTMILL_EXPORT BadSeriesReport {
  std::optional<std::uint64_t> image;  ///< Number of its blank image; nothing where it was skipped.
  std::string group;
  std::uint64_t first_row = 0;
  std::string reason;  ///< With the file and line, or the stage, in front.
};

/// What a run did.
struct PLOTMILL_EXPORT RunReport {
  static constexpr std::size_t most_bad_series = 1000;

  std::uint64_t images = 0;      ///< Made by this run.
  std::uint64_t resumed_at = 0;  ///< Images that earlier runs had stored, and this one went on from.
  std::uint64_t blank = 0;  ///< Images without any ink, as of series without a finite value; not those of bad series.
  std::uint64_t n_skipped = 0;  ///< Series that were bad and left out, those that earlier runs left out included.
  std::uint64_t n_blanked = 0;  ///< Series that were bad and made blank images, likewise.
  std::vector<BadSeriesReport> bad_series;  ///< The first of both, most_bad_series at most.
  double seconds = 0;                       ///< Wall time from the first batch to the last output complete.
  std::uint64_t bytes_written = 0;
  RunPlan plan;
  std::vector<StageReport> stages;
};

/// What the caller of a run decides.
struct PLOTMILL_EXPORT RunOptions {
  bool overwrite = false;  ///< Replace outputs that exist.
  /// Go on with what an interrupted run of the same definition and input has stored, on any number of threads; it ends
  /// with the same images. Starts anew where there is nothing; outputs that are complete are verified. Not with
  /// `overwrite`.
  bool resume = false;
  /// Called once, on the thread that called run(), before the first batch. Must not throw.
  std::function<void(const RunPlan&)> on_start = nullptr;
  /// Called on the thread that called run(), about ten times a second and once at the end. Must not throw.
  std::function<void(const Progress&)> on_progress = nullptr;
  /// Filled at the end of the run, also of one that fails once it has begun. Must live as long as the call.
  Trace* trace = nullptr;
};

struct Preview;
struct PreviewOptions;

/// How Pipeline::graph() shows a pipeline.
enum class GraphFormat {
  text,  ///< One line for each node, in order, with what feeds it; for people.
  dot,   ///< For Graphviz: `dot -Tsvg`.
};

/// A checked definition, ready to run. Movable; holds no open file and no thread between runs.
class PLOTMILL_EXPORT Pipeline {
 public:
  /// Reads and checks a definition. Throws Error (definition) with every fault found, Error (input, io) where the file
  /// can't be read. Relative paths in the definition are relative to the working directory of the process.
  [[nodiscard]] static Pipeline from_file(const std::filesystem::path& path,
                                          const std::vector<Override>& overrides = {},
                                          Registry registry = builtin_stages());
  [[nodiscard]] static Pipeline from_json(std::string_view json, const std::vector<Override>& overrides = {},
                                          Registry registry = builtin_stages());

  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;
  ~Pipeline();

  /// Runs to the end and returns what was done. Waits; may be called again afterwards, not at the same time.
  /// Throws the first Error of any stage, Error (cancelled) after cancel(), Error (stalled) with a table of what each
  /// stage holds; then nothing incomplete is left under a final name, and what was stored is kept for
  /// RunOptions::resume, as after the death of the process at any moment. After Error (stalled) the thread that hangs
  /// is left behind with all it holds: end the process soon, with std::_Exit, as an orderly exit may wait for it.
  RunReport run(const RunOptions& options = {});

  /// Draws and encodes a sample, and says what a run would be. Touches no output. See plotmill/preview.hpp.
  [[nodiscard]] Preview preview(const PreviewOptions& options);

  /// Asks the run or preview under way to stop soon; without one, the next. Any thread; safe in a signal handler.
  void cancel() noexcept;

  /// The nodes that a run has, and what feeds each. Ends with a newline.
  [[nodiscard]] std::string graph(GraphFormat format = GraphFormat::text) const;

  /// The whole definition as it runs, overrides and defaults included, as JSON.
  [[nodiscard]] const std::string& definition() const noexcept;

  /// Id of the stage that reads: `--limit N` is the override "<id>.limit".
  [[nodiscard]] const std::string& reader_id() const noexcept;

 private:
  struct State;
  explicit Pipeline(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plotmill
