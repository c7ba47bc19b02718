// The manual page plotmill(1).
#include "man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "plotmill/pipeline.hpp"
#include "run_command.hpp"

namespace plotmill::tools {
namespace {

// Text as roff shows it letter for letter: a plain "-" would become a hyphen, a "." at the beginning a request.
std::string roff(std::string_view text) {
  std::string result;
  if (text.starts_with('.') || text.starts_with('\'')) result += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string item(const std::string& head, std::string_view text) { return ".TP\n" + head + "\n" + roff(text) + "\n"; }

// "-h, --help" or "--set ID.PARAM=VALUE" or "FILE"
std::string head_of(const ArgumentReference& argument) {
  std::string head;
  for (const std::string& name : argument.names) head += (head.empty() ? "" : ", ") + bold(name);
  if (!argument.value.empty()) head += (head.empty() ? "" : " ") + italic(argument.value);
  return head;
}

std::string text_of(const ArgumentReference& argument) {
  std::string text = argument.doc + ".";
  if (!argument.choices.empty()) text += fmt::format(" One of {}.", fmt::join(argument.choices, ", "));
  return text;
}

// "plotmill run FILE [OPTION]..."
std::string usage_of(const CommandReference& command) {
  std::string usage = bold("plotmill " + command.name);
  bool has_options = false;
  for (const ArgumentReference& argument : command.arguments) {
    has_options = has_options || !argument.is_positional();
    if (!argument.is_positional()) continue;
    usage += argument.required ? " " + italic(argument.value) : " [" + italic(argument.value) + "]";
  }
  return usage + (has_options ? " [" + italic("OPTION") + "]..." : "");
}

std::string items_of(const CommandReference& command) {
  std::string text;
  for (const ArgumentReference& argument : command.arguments) text += item(head_of(argument), text_of(argument));
  return text;
}

// Without the options that plotmill itself has, too.
CommandReference without_common(CommandReference command, const CommandReference& plotmill) {
  std::erase_if(command.arguments, [&](const ArgumentReference& argument) {
    return std::ranges::any_of(plotmill.arguments, [&](const auto& other) { return other.names == argument.names; });
  });
  return command;
}

}  // namespace

std::string man_page(const std::vector<CommandReference>& commands, const Registry& registry) {
  const CommandReference& plotmill = commands.front();
  std::string synopsis;
  std::string sections;
  for (const CommandReference& reference : commands) {
    if (reference.name.empty()) continue;
    const CommandReference command = without_common(reference, plotmill);
    synopsis += (synopsis.empty() ? "" : ".br\n") + usage_of(command) + "\n";
    sections += ".SS " + usage_of(command) + "\n" + roff(command.doc + ".") + "\n" + items_of(command);
  }
  // No date: the same sources give the same page.
  std::string page = fmt::format(".TH PLOTMILL 1 \"\" \"plotmill {}\" \"User Commands\"\n", version());
  page += ".SH NAME\nplotmill \\- " + roff(plotmill.doc) + "\n.SH SYNOPSIS\n" + synopsis;
  page += ".SH COMMANDS\n" + sections + ".SH OPTIONS\n" + items_of(plotmill);
  page += ".SH STAGES\n" + bold("plotmill stages") + " " + italic("TYPE") + " shows the options of each.\n";
  for (const StageInfo& info : registry.all()) page += item(bold(info.type), info.summary);
  page += ".SH EXIT STATUS\n";
  for (const ExitMeaning& meaning : exit_meanings) page += item(std::to_string(meaning.code), meaning.text);
  return page;
}

}  // namespace plotmill::tools
