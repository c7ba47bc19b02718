// `plotmill preview`: a sheet of a definition's charts, and what a run would be.
#pragma once

#include <string>

#include "plotmill/preview.hpp"

namespace CLI {
class App;
}

namespace plotmill::tools {

struct PreviewCommand {
  std::string sheet;  ///< Path; empty: chosen from the definition's name.
  PreviewOptions options;
  bool json = false;  ///< The preview as JSON on standard output.
};

void add_preview_options(CLI::App& app, PreviewCommand& command);

/// Writes the sheet, prints, and returns the exit code: that of a failed run where series of the sample are bad.
/// Prints errors.
[[nodiscard]] int preview_pipeline(Pipeline& pipeline, const std::string& definition, const PreviewCommand& command);

}  // namespace plotmill::tools
