// Scripts that teach a shell to complete the command line.
#pragma once

#include <string>
#include <vector>

#include "command_reference.hpp"

namespace plotmill::tools {

/// For bash, with or without the package bash-completion.
[[nodiscard]] std::string bash_completion(const std::vector<CommandReference>& commands);

/// For zsh: a file _plotmill of a folder in $fpath, or to be sourced after compinit.
[[nodiscard]] std::string zsh_completion(const std::vector<CommandReference>& commands);

}  // namespace plotmill::tools
