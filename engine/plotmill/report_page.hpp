// A run as one page for people: what ran, what came out, when each stage worked, and what limits it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "plotmill/export.hpp"
#include "plotmill/pipeline.hpp"
#include "plotmill/trace.hpp"

namespace plotmill {

/// What limits a run and what would help, in one sentence.
///
/// Shares of the run's seconds are compared: of each stage that works on one batch at a time (the reader, a commit, a
/// serial drawer) its busy seconds, and of all threads together the busy seconds of the stages that share them.
/// - A run of less than half a second, or without images, is too short to tell.
/// - The greatest share is the limit where it is at least 80 % and no other is within 10 points of it.
/// - Otherwise the run is balanced: several are equally busy, or none is busy enough to be in the others' way.
/// A thread that waits for a core counts as busy. `n_cores` of the machine decides whether more threads or only more
/// cores are advised.
[[nodiscard]] PLOTMILL_EXPORT std::string bottleneck_sentence(const RunReport& report, std::size_t n_cores);

/// What a page shows that neither the report nor the trace holds.
struct PLOTMILL_EXPORT ReportPage {
  std::string title;        ///< Such as the name of the definition's file.
  std::string began;        ///< When, as it is to be shown; may be empty.
  std::string definition;   ///< Pipeline::definition(); may be empty.
  std::size_t n_cores = 0;  ///< Of the machine.
};

/// The page as HTML in one piece: its style and its pictures are in it, it has no script and asks for no other file.
/// Every figure is a `data` element whose `value` is that of to_json(report). `trace` is the same run's; without spans,
/// samples or charts what is made of them is left out. Below 100 kB, definition and charts not counted, however long
/// the run.
[[nodiscard]] PLOTMILL_EXPORT std::string report_page(const RunReport& report, const Trace& trace,
                                                      const ReportPage& page);

}  // namespace plotmill
