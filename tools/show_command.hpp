// `plotmill show`: a sheet of charts that are stored.
#pragma once

#include <string>

#include "plotmill/show.hpp"

namespace CLI {
class App;
}

namespace plotmill::tools {

struct ShowCommand {
  std::string file;
  std::string sheet;  ///< Path; empty: chosen from the file's name.
  ShowOptions options;
};

void add_show_options(CLI::App& app, ShowCommand& command);

/// Writes the sheet and returns the exit code; errors are printed.
[[nodiscard]] int show_charts(const ShowCommand& command);

}  // namespace plotmill::tools
