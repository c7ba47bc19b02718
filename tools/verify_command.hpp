// `plotmill verify`: whether what is stored is as it was written.
#pragma once

#include <string>

#include "plotmill/verify.hpp"

namespace CLI {
class App;
}

namespace plotmill::tools {

struct VerifyCommand {
  std::string path;
  VerifyOptions options;
  bool json = false;
  bool quiet = false;  ///< Nothing but problems.
};

void add_verify_options(CLI::App& app, VerifyCommand& command);

/// Prints what is damaged and returns the exit code.
[[nodiscard]] int verify_stored(const VerifyCommand& command);

}  // namespace plotmill::tools
