// `plotmill run`: one run, with progress, signals, and the report at the end.
#pragma once

#include "plotmill/pipeline.hpp"

namespace plotmill::tools {

enum ExitCode : int { exit_done = 0, exit_run_failed = 1, exit_definition_wrong = 2, exit_interrupted = 130 };

struct RunCommand {
  bool force = false;  ///< Replace outputs that exist.
  bool json = false;   ///< The report as JSON on standard output.
  bool quiet = false;  ///< Nothing for people but errors.
};

/// Runs the pipeline and returns the exit code; errors of the run are printed. Ends the process where a stage hangs.
[[nodiscard]] int run_pipeline(Pipeline& pipeline, const RunCommand& command);

/// Of a run, preview or other command that the error has ended.
[[nodiscard]] int exit_code_of(const Error& error);

/// Prints each fault on a line of its own.
void print_error(const Error& error);

/// Writes text to standard output. False where that failed.
[[nodiscard]] bool print_output(const std::string& text);

}  // namespace plotmill::tools
