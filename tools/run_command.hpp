// `plotmill run`: one run, with progress, signals, and the report at the end.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "plotmill/pipeline.hpp"
#include "progress_display.hpp"

namespace plotmill::tools {

enum ExitCode : int { exit_done = 0, exit_run_failed = 1, exit_definition_wrong = 2, exit_interrupted = 130 };

struct ExitMeaning {
  ExitCode code;
  const char* text;
};

inline constexpr std::array<ExitMeaning, 4> exit_meanings{{
    {exit_done, "Done."},
    {exit_run_failed, "The run failed, what was verified is damaged, or standard output could not be written."},
    {exit_definition_wrong, "The definition or the command is wrong; nothing has run."},
    {exit_interrupted, "The run was interrupted."},
}};

struct RunCommand {
  bool force = false;   ///< Replace outputs that exist.
  bool resume = false;  ///< Go on with what an interrupted run has stored.
  bool json = false;    ///< The report as JSON on standard output.
  bool quiet = false;   ///< Nothing for people but errors, and progress where it is asked for.
  std::optional<ProgressStyle> progress = std::nullopt;  ///< Not given: as quiet and the terminal have it.
  std::string trace_path = {};                           ///< Where to write the trace; empty: nowhere.
  std::string report_path = {};                          ///< Where to write the page for people; empty: nowhere.
  std::string definition = {};                           ///< Its file.
  std::string title = {};                                ///< Of that page.
};

/// Runs the pipeline and returns the exit code; errors of the run are printed. Throws Error where the trace or the page
/// can't be written, before anything has run. Ends the process where a stage hangs.
[[nodiscard]] int run_pipeline(Pipeline& pipeline, const RunCommand& command);

/// Of a run, preview or other command that the error has ended.
[[nodiscard]] int exit_code_of(const Error& error);

/// Prints each fault on a line of its own.
void print_error(const Error& error);

/// Writes text to standard output. False where that failed.
[[nodiscard]] bool print_output(const std::string& text);

}  // namespace plotmill::tools
