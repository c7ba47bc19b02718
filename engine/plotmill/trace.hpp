// What happened in a run and when: every batch in every step, and how much was in flight. Recorded where
// RunOptions::trace points at a Trace; shows why a run is as fast as it is.
//
// Times are seconds since the run's first batch was asked for, on one steady clock for all threads; sizes are bytes.
// A Trace is plain data that the caller owns. The engine records into memory of its own, which it asks for before the
// first batch, and fills the Trace at the end of run(), on the thread that called it, also where run() throws: the
// trace of a run that failed says what was done until then. Nothing else touches it, so it needs no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// What is done with a batch, in this order; upload and download only where a device draws; `finish` is the completion
/// of an output after its last batch.
enum class Step { read, upload, draw, download, encode, commit, finish };

/// "read", "draw", ...
[[nodiscard]] PLOTMILL_EXPORT std::string_view step_name(Step step) noexcept;

/// One step of one stage: what a span is about.
struct PLOTMILL_EXPORT TraceNode {
  std::string id;    ///< Of the stage.
  std::string type;  ///< Of the stage.
  Step step = Step::read;
};

/// One batch in one step on one thread.
struct PLOTMILL_EXPORT Span {
  std::uint32_t node = 0;    ///< Index in Trace::nodes.
  std::uint32_t thread = 0;  ///< Index in Trace::threads.
  std::uint64_t batch = 0;   ///< Number of the batch, from 0; for Step::finish how many there were.
  std::uint32_t images = 0;  ///< 0 where the step failed or was under way when the run was given up, and for finish.
  double begin_seconds = 0;
  double end_seconds = 0;
};

/// How far the run was at a moment.
struct PLOTMILL_EXPORT TraceSample {
  double seconds = 0;
  std::uint64_t images = 0;           ///< That every writer has stored.
  std::uint64_t bytes_in_flight = 0;  ///< Series, ink and encoded images of all batches in flight.
};

struct PLOTMILL_EXPORT Trace {
  std::vector<TraceNode> nodes;  ///< The reader, the drawers, then encode, commit and finish of each writer.
  /// Names, in the order in which to show them: the reader's thread, those that draw and encode, each writer's own, and
  /// the streams of devices.
  std::vector<std::string> threads;
  /// In order of begin; spans of one thread do not overlap. At most 400,000 for all nodes together: of a run with more,
  /// only every `every_nth_batch`-th batch is kept, and the finish of each output.
  std::vector<Span> spans;
  std::uint64_t every_nth_batch = 1;
  std::vector<TraceSample> samples;  ///< In order of time, about fifty a second, at most 8,001.
  std::string error;                 ///< What ended the run; empty where it went well.
  /// The first charts of each draw stage, up to 24 of the first batch, on one sheet (see contact_sheet.hpp), as a PNG
  /// file. Empty where none was drawn, and where one sheet cannot hold them.
  std::vector<std::uint8_t> charts_png;
};

/// Writes the trace as JSON in the Trace Event Format, which ui.perfetto.dev and chrome://tracing show: a track for
/// each thread, a complete event for each span ("charts draw"; its arguments are the batch and the images), counters
/// "bytes in flight" and "images/s" (over the last half second), and an instant event with the error if there was one.
/// About 110 bytes a span. Whether all could be written is for the caller to ask the stream.
PLOTMILL_EXPORT void write_trace(const Trace& trace, std::ostream& out);

}  // namespace plotmill
