// What the command line accepts, read from the CLI11 object that parses it: for completion and for the man page.
#pragma once

#include <string>
#include <vector>

#include "plotmill/registry.hpp"

namespace CLI {
class App;
}

namespace plotmill::tools {

/// An option, or an argument without a name of its own.
struct ArgumentReference {
  std::vector<std::string> names;    ///< "--json", with the dashes; empty for an argument told by its position.
  std::string value;                 ///< "FILE", "SIZE": what stands for its value; empty for a flag.
  std::vector<std::string> choices;  ///< All values, where those are few.
  std::string doc;
  bool required = false;
  bool repeats = false;

  [[nodiscard]] bool is_positional() const { return names.empty(); }
  [[nodiscard]] bool is_file() const { return value == "FILE"; }
};

struct CommandReference {
  std::string name;  ///< Empty for plotmill without a command.
  std::string doc;
  std::vector<ArgumentReference> arguments;  ///< Those told by their position come first.
};

/// plotmill itself, then every command, in order. The values of TYPE are the stages of the registry.
[[nodiscard]] std::vector<CommandReference> reference_of(const CLI::App& app, const Registry& registry);

/// "a, b and c": the commands of the app.
[[nodiscard]] std::string list_of_commands(const CLI::App& app);

}  // namespace plotmill::tools
