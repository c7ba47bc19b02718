// Completion for zsh.
#include <fmt/format.h>

#include <string_view>

#include "completion.hpp"

namespace plotmill::tools {
namespace {

constexpr const char* script = R"(#compdef plotmill
# Completion of plotmill for zsh; made by `plotmill completion zsh`.
_plotmill() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C{options} \
    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
{commands}      )
      _describe -t commands command commands
      ;;
    argument)
      case $words[1] in
{arguments}      esac
      ;;
  esac
}}
# Read from $fpath this is the body of the function; sourced it declares it.
if [[ $funcstack[1] == _plotmill ]]; then
  _plotmill "$@"
else
  compdef _plotmill plotmill
fi
)";

// Escapes what would end a part of a specification, for use between single quotes.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result;
}

// ":FORMAT:(text dot)"
std::string value_of(const ArgumentReference& argument) {
  std::string action = argument.is_file() ? "_files" : " ";
  if (!argument.choices.empty()) action = fmt::format("({})", fmt::join(argument.choices, " "));
  return ":" + escaped(argument.value) + ":" + action;
}

// The specifications of _arguments, each on a line of its own.
std::string specifications(const CommandReference& command, std::string_view indent) {
  std::string text;
  const auto add = [&](const std::string& specification) { text += fmt::format(" \\\n{}'{}'", indent, specification); };
  int position = 0;
  for (const ArgumentReference& argument : command.arguments) {
    if (argument.is_positional()) {
      add(fmt::format("{}{}{}", ++position, argument.required ? "" : ":", value_of(argument)));
    }
    for (const std::string& name : argument.names) {
      const bool takes_value = !argument.value.empty();
      add(fmt::format("{}{}{}[{}]{}", argument.repeats ? "*" : "", name, takes_value ? "=" : "", escaped(argument.doc),
                      takes_value ? value_of(argument) : ""));
    }
  }
  return text;
}

}  // namespace

std::string zsh_completion(const std::vector<CommandReference>& commands) {
  std::string options;
  std::string names;
  std::string arguments;
  for (const CommandReference& command : commands) {
    if (command.name.empty()) {
      options += specifications(command, "    ");
    } else {
      names += fmt::format("        '{}:{}'\n", command.name, escaped(command.doc));
      arguments += fmt::format("        {}) _arguments{} ;;\n", command.name, specifications(command, "          "));
    }
  }
  return fmt::format(script, fmt::arg("options", options), fmt::arg("commands", names),
                     fmt::arg("arguments", arguments));
}

}  // namespace plotmill::tools
