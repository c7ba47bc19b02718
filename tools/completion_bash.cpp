// Completion for bash.
#include <fmt/format.h>

#include "completion.hpp"

namespace plotmill::tools {
namespace {

constexpr const char* script = R"(# Completion of plotmill for bash; made by `plotmill completion bash`.
_plotmill() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words='' files='' word
  # bash takes --graph=dot apart.
  if [[ $current == = ]]; then
    current=''
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD - 1}}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  case "$command $before" in
{values}    *)
      if [[ $current == -* ]]; then
        case "$command" in
{options}        esac
      else
        case "$command" in
{arguments}        esac
      fi
      ;;
  esac
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}}
complete -F _plotmill plotmill
)";

// What completes the value; nothing for one that only the user knows.
std::string assignment(const ArgumentReference& argument) {
  if (argument.is_file()) return "files=yes ";
  return argument.choices.empty() ? "" : fmt::format("words='{}' ", fmt::join(argument.choices, " "));
}

}  // namespace

std::string bash_completion(const std::vector<CommandReference>& commands) {
  std::string values;
  std::string options;
  std::string arguments;
  for (const CommandReference& command : commands) {
    std::vector<std::string> names;
    for (const ArgumentReference& argument : command.arguments) {
      names.insert(names.end(), argument.names.begin(), argument.names.end());
      if (argument.is_positional()) {
        arguments += fmt::format("          {}) {};;\n", command.name, assignment(argument));
      } else if (!argument.value.empty()) {
        for (const std::string& name : argument.names) {
          values += fmt::format("    '{} {}') {};;\n", command.name, name, assignment(argument));
        }
      }
    }
    options += fmt::format("          '{}') words='{}' ;;\n", command.name, fmt::join(names, " "));
  }
  std::vector<std::string> names;
  for (const CommandReference& command : commands) {
    if (!command.name.empty()) names.push_back(command.name);
  }
  arguments += fmt::format("          '') words='{}' ;;\n", fmt::join(names, " "));
  return fmt::format(script, fmt::arg("values", values), fmt::arg("options", options),
                     fmt::arg("arguments", arguments));
}

}  // namespace plotmill::tools
