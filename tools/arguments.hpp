// What the commands take: the options as CLI11 has them, the values given, and the pipeline that they name.
#pragma once

#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "preview_command.hpp"
#include "show_command.hpp"
#include "verify_command.hpp"

namespace CLI {
class App;
}

namespace plotmill::tools {

/// The values given, for whichever command.
struct Arguments {
  std::string file;
  std::vector<std::string> sets;
  std::string device, threads, memory, limit;
  std::string graph = "text";
  bool force = false;
  bool resume = false;
  bool json = false;
  bool quiet = false;
  std::string progress, trace, report;
  std::string type;
  std::string shell;
  PreviewCommand preview;
  ShowCommand show;
  VerifyCommand verify;
};

void add_run_arguments(CLI::App& command, Arguments& arguments);
void add_check_arguments(CLI::App& command, Arguments& arguments);
void add_preview_arguments(CLI::App& command, Arguments& arguments);
void add_show_arguments(CLI::App& command, Arguments& arguments);
void add_verify_arguments(CLI::App& command, Arguments& arguments);
void add_stages_arguments(CLI::App& command, Arguments& arguments);
void add_completion_arguments(CLI::App& command, Arguments& arguments);
void add_version_arguments(CLI::App& command, Arguments& arguments);

/// The pipeline of the file with all that the arguments change in it. Throws Error (definition, input, io).
[[nodiscard]] Pipeline load_pipeline(const Arguments& arguments);

}  // namespace plotmill::tools
