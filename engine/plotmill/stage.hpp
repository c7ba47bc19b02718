// What a stage is: a reader makes series, a drawer turns series into ink, a writer stores ink. The built-in stages use
// exactly these interfaces, and so does an embedder's own stage.
//
// Life of a stage in a run: made by StageInfo::make -> declare() -> options set -> open()/prepare() -> batches and
// checkpoints -> finish() or abandon() -> destroyed. A stage object serves one run. A preview calls rehearse() in place
// of a writer's open(), and ends without finish() or abandon().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "plotmill/device_drawer.hpp"
#include "plotmill/error.hpp"
#include "plotmill/export.hpp"
#include "plotmill/ink.hpp"
#include "plotmill/options.hpp"
#include "plotmill/sequences.hpp"

namespace plotmill {

/// Lets long work be interrupted, and shows that it goes on. All functions are for any thread.
class Pulse {
 public:
  /// To be asked by a stage after each image of a batch: false when the run is being stopped, and whatever else the
  /// call would make is thrown away. A stage that never asks is waited for until its batch is done, and counts as
  /// stalled when one batch takes longer than `run.stall_timeout`.
  bool keep_going() noexcept {
    n_beats_.fetch_add(1, std::memory_order_relaxed);
    return !is_stopped();
  }

  /// The same for a stage that only waits, as for input: it does not show that anything goes on.
  [[nodiscard]] bool is_stopped() const noexcept {
    const std::atomic<bool>* const cancelled = followed_.load(std::memory_order_relaxed);
    return stopped_.load(std::memory_order_relaxed) || (cancelled != nullptr && *cancelled);
  }

  /// Also stops while this flag is set; null: none. It must outlive being followed.
  void follow(const std::atomic<bool>* flag) noexcept { followed_.store(flag, std::memory_order_relaxed); }

  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t n_beats() const noexcept { return n_beats_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_ = false;
  std::atomic<const std::atomic<bool>*> followed_ = nullptr;
  std::atomic<std::uint64_t> n_beats_ = 0;
};

/// What becomes of a series that can't be drawn.
enum class OnBadSeries {
  error,  ///< The run ends.
  skip,   ///< It is left out: images are numbered as if it were not there.
  blank,  ///< Its image is all paper.
};

/// What every stage learns before the first batch.
struct PLOTMILL_EXPORT RunSetup {
  std::size_t n_lanes = 1;         ///< draw() and encode() are called with lane 0 .. n_lanes-1.
  std::uint64_t memory_bytes = 0;  ///< `run.memory`: what the whole run may hold.
  bool overwrite = false;          ///< `--force`: existing outputs are replaced.
  bool resume = false;             ///< `--resume`: what an interrupted run has stored is kept, and gone on with.
  OnBadSeries on_bad_series = OnBadSeries::error;
  std::string definition;                 ///< The whole definition as it runs, overrides included, as JSON.
  std::optional<std::string> input = {};  ///< Reader::identity(), for the other stages.
  std::string plotmill_version;
  std::shared_ptr<Pulse> pulse = std::make_shared<Pulse>();  ///< Never null.
};

/// What all series of a run have in common.
struct PLOTMILL_EXPORT SeriesShape {
  std::size_t n_points = 0;                   ///< Points of each series, at least 1.
  std::optional<std::uint64_t> n_series;      ///< How many series will come, where the reader can know.
  ValueType value_type = ValueType::float64;  ///< What all values fit in: what is stored of them may have this type.
};

/// Memory that a stage needs at most, in bytes. The engine multiplies, adds, and keeps the sum within `run.memory`.
struct PLOTMILL_EXPORT Footprint {
  std::uint64_t per_image = 0;  ///< What the stage puts into a batch for each image, worst case.
  std::uint64_t per_lane = 0;   ///< Scratch that the stage keeps for each lane, worst case.
};

/// Common to all stages.
class PLOTMILL_EXPORT Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  /// Names the options and binds each to a member. Called once, before anything else.
  virtual void declare(Options& options) = 0;

  /// Checks what the declaration cannot say (two options that contradict each other). Opens nothing. Returns one fault
  /// for each problem, with "params/NAME" as its place.
  [[nodiscard]] virtual std::vector<Fault> check() const { return {}; }
};

/// Makes series. One thread calls it; it may wait for a disk.
class PLOTMILL_EXPORT Reader : public Stage {
 public:
  /// Opens the input and says what will come. Throws Error (input, io).
  virtual SeriesShape open(const RunSetup& setup) = 0;

  /// What tells the opened input from another, in a line for people: of a file its size, the time of its last change,
  /// and hashes of its beginning and end. A run is resumed only where it is the same again. "" where the options say
  /// all; nothing where it can't be told, as of a pipe: such a run can't be resumed. Throws Error (io).
  [[nodiscard]] virtual std::optional<std::string> identity() { return {}; }

  /// Memory that the reader itself holds at most, beside what it appends to batches: as for open(), which has been
  /// called. Batches get what it leaves of `run.memory`.
  [[nodiscard]] virtual std::uint64_t held_bytes() const { return 0; }

  /// Appends series to `out`, whose n_points is set, until it holds `at_most`. Returns false when the input has ended;
  /// what was appended is used all the same. While more is to come, `out` must be filled: the split into batches is the
  /// engine's. A series that can't be read is appended all the same, with any values, and told in `out.bad`; where
  /// setup.on_bad_series is `error`, it may be thrown instead. Throws Error (input, io).
  virtual bool read(Sequences& out, std::size_t at_most) = 0;

  /// Steps over the next `n` series, which exist, where that takes no longer than reading one. Returns false, having
  /// done nothing, where it would: they are read, then. Names of groups that it steps over come with the next read().
  /// Never called before the first read().
  [[nodiscard]] virtual bool skip(std::uint64_t n) {
    (void)n;
    return false;
  }

  /// How much of what will be read has been read, 0..1, where n_series is not known and the reader can tell: a preview
  /// extrapolates from it. Empty also where the input can be read only once, as a pipe.
  [[nodiscard]] virtual std::optional<double> share_read() const { return {}; }
};

/// Turns series into ink. All calls of draw() must give the same ink for the same series, whatever the lane and the
/// batch.
class PLOTMILL_EXPORT Drawer : public Stage {
 public:
  /// Called once the length of the series is known. Sizes the scratch of each lane. Returns the shape of every image.
  virtual ImageShape prepare(const SeriesShape& series, const RunSetup& setup) = 0;

  /// As for prepare(), which has been called.
  [[nodiscard]] virtual Footprint footprint() const = 0;

  /// Why this series can't be drawn, or nothing where it can. As for draw(), which gets no series that was refused.
  /// Called on the reader's thread, for each series: it must cost little. Throws nothing but std::bad_alloc.
  [[nodiscard]] virtual std::optional<std::string> refuse(std::span<const double> series) const {
    (void)series;
    return {};
  }

  /// Appends an image for each series of `in` to `out`, whose shape is set. Called from several threads at once, never
  /// twice at once with the same lane. Does not wait. Throws Error, which ends the run; about_series() tells which
  /// series.
  virtual void draw(const SequencesView& in, Ink& out, std::size_t lane) = 0;

  /// What draws the same ink on a device. As for prepare(), which has been called. Null where the stage can't; then
  /// StageInfo::on_device must be false.
  [[nodiscard]] virtual std::unique_ptr<DeviceDrawer> on_device() { return nullptr; }
};

/// What encode() makes of a batch: byte strings one after another, for commit().
struct PLOTMILL_EXPORT Encoded {
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> begin{0};  ///< [n_items + 1]: where each item starts in `bytes`.

  [[nodiscard]] std::size_t n_items() const noexcept { return begin.size() - 1; }
  [[nodiscard]] std::span<const std::uint8_t> item(std::size_t i) const {
    return std::span(bytes).subspan(begin[i], begin[i + 1] - begin[i]);
  }
  void clear() noexcept {
    bytes.clear();
    begin.resize(1);
  }
};

/// Where a batch stands in the run.
struct PLOTMILL_EXPORT BatchPosition {
  std::uint64_t batch = 0;        ///< Number of the batch, from 0.
  std::uint64_t first_image = 0;  ///< Number of its first image, from 0.
};

/// What a writer has stored for good: a process that dies now does not take it along.
struct PLOTMILL_EXPORT Stored {
  std::uint64_t n_images = 0;  ///< The first so many of the run, a multiple of batch_multiple() or all of them.
  bool is_complete = false;    ///< The outputs of an earlier run are complete: nothing is left to do.
};

/// Stores images. encode() runs on many threads; commit() runs on the writer's own thread, in order.
///
/// commit(), checkpoint(), finish() and abandon() may wait for the disk: they count as stalled only when nothing has
/// moved for ten times `run.stall_timeout`.
///
/// Nothing may appear under its final name before it is complete.
class PLOTMILL_EXPORT Writer : public Stage {
 public:
  /// Creates what is written aside. Throws Error (io) where an output exists and neither setup.overwrite nor
  /// setup.resume is set. With setup.resume, takes up what an interrupted run has left, if there is any: Error
  /// (definition) where the definition is another, (input) where the input is, (io) where it is damaged. A writer that
  /// does not know how to resume starts anew.
  virtual void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) = 0;

  /// Instead of open() where nothing will be stored, as for a preview: gets ready for learn() and encode(), and touches
  /// no file. Of the other functions only footprint() and destruction follow. Returns how many bytes commit() would
  /// store for each image beside what encode() gives; nothing where the writer cannot do without open(), which makes a
  /// preview leave it out.
  [[nodiscard]] virtual std::optional<std::uint64_t> rehearse(const ImageShape& images, const SeriesShape& series,
                                                              const RunSetup& setup) {
    (void)images, (void)series, (void)setup;
    return {};
  }

  /// As for open() or rehearse(), which has been called.
  [[nodiscard]] virtual Footprint footprint() const = 0;

  /// Every batch but the last holds a multiple of this many images. Known once the options are set.
  [[nodiscard]] virtual std::size_t batch_multiple() const { return 1; }

  /// How many of the run's first images learn() wants to see.
  [[nodiscard]] virtual std::size_t n_learned_images() const { return 0; }

  /// Shows the writer what the images of this run look like: its first n_learned_images() (or as many as there are),
  /// then as many made-up ones of random series; one at a time, in order, before any encode(). What is learned is the
  /// same however the run is split into batches and files. `ink` holds one image. One thread.
  virtual void learn(const Ink& ink) { (void)ink; }

  /// Turns a batch of ink into bytes. Called from several threads at once, never twice at once with the same lane, in
  /// any order of batches. Waits for nothing. Throws Error.
  virtual void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) = 0;

  /// What is stored. As for open(), which has been called, until the first commit(), and after finish() or abandon().
  [[nodiscard]] virtual Stored stored() const { return {}; }

  /// Stores an encoded batch. One thread, batches in order. Of a run that was resumed the first batches may hold images
  /// that are stored already, at their beginning: these are passed over, and where nothing else is in it, `encoded` is
  /// empty. `series` may be empty but for skipped ones or names of groups at the end of the run. May wait for the disk.
  /// Throws Error (io), and (input), about_series(), of a series that the output can't hold.
  virtual void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) = 0;

  /// Makes all that was committed durable: it is stored(), then. Called on the thread of commit(), at least every
  /// `run.checkpoint` seconds while there is anything new. Throws Error (io).
  virtual void checkpoint() {}

  /// Called once after the last commit() of a run that went well: outputs get their final names. Throws Error (io).
  virtual void finish() = 0;

  /// Called instead of finish() when the run failed, also after a failed open(), commit() or finish(): keeps what the
  /// run can be resumed from, and removes what else is not complete. Complete outputs stay.
  virtual void abandon() noexcept = 0;

  /// Bytes stored so far. Any thread.
  [[nodiscard]] virtual std::uint64_t bytes_written() const noexcept = 0;
};

/// Whether draw() may run in several threads at once.
enum class Concurrency { parallel, serial };

/// Describes a type of stage. The kind of function in `make` says what the stage takes and gives:
/// a Reader gives series, a Drawer takes series and gives ink, a Writer takes ink.
struct PLOTMILL_EXPORT StageInfo {
  std::string type;     ///< verb_object, the JSON `type`.
  std::string summary;  ///< One sentence for the user.
  std::variant<std::function<std::unique_ptr<Reader>()>, std::function<std::unique_ptr<Drawer>()>,
               std::function<std::unique_ptr<Writer>()>>
      make;
  Concurrency concurrency = Concurrency::parallel;  ///< Of draw(); readers and commits are always serial, encode never.
  bool on_device = false;                           ///< Whether Drawer::on_device() gives something.
};

}  // namespace plotmill
