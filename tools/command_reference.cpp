// What the command line accepts, read from the CLI11 object that parses it.
#include "command_reference.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <sstream>

namespace plotmill::tools {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// CLI11 shows an option that takes one of a few words as "FORMAT:{text,dot}".
void read_type_name(const std::string& type_name, ArgumentReference& argument) {
  const std::size_t open = type_name.find(":{");
  argument.value = type_name.substr(0, open);
  if (open == std::string::npos) return;
  std::istringstream words(type_name.substr(open + 2, type_name.size() - open - 3));
  for (std::string word; std::getline(words, word, ',');) argument.choices.push_back(word);
}

ArgumentReference reference_of(const CLI::Option& option, const Registry& registry) {
  ArgumentReference argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  argument.doc = option.get_description();
  argument.required = option.get_required();
  argument.repeats = option.get_expected_max() > 1;
  if (option.get_type_size_max() == 0) return argument;
  read_type_name(option.get_type_name(), argument);
  if (argument.value == "TYPE") {
    for (const StageInfo& info : registry.all()) argument.choices.push_back(info.type);
  }
  return argument;
}

}  // namespace

std::vector<CommandReference> reference_of(const CLI::App& app, const Registry& registry) {
  std::vector<CommandReference> commands;
  const auto add = [&](const CLI::App& command, std::string name) {
    commands.push_back({std::move(name), command.get_description(), {}});
    for (const CLI::Option* option : command.get_options()) {
      commands.back().arguments.push_back(reference_of(*option, registry));
    }
    std::vector<ArgumentReference>& arguments = commands.back().arguments;
    std::stable_partition(arguments.begin(), arguments.end(), std::mem_fn(&ArgumentReference::is_positional));
  };
  add(app, "");
  for (const CLI::App* command : commands_of(app)) add(*command, command->get_name());
  return commands;
}

std::string list_of_commands(const CLI::App& app) {
  const std::vector<const CLI::App*> commands = commands_of(app);
  std::string text;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (i > 0) text += i + 1 < commands.size() ? ", " : " and ";
    text += commands[i]->get_name();
  }
  return text;
}

}  // namespace plotmill::tools
