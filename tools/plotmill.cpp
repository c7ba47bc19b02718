// The command line: reads the arguments and calls the library.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <string>

#include "arguments.hpp"
#include "command_reference.hpp"
#include "completion.hpp"
#include "crash_message.hpp"
#include "man_page.hpp"
#include "plotmill/build_info.hpp"
#include "plotmill/describe.hpp"
#include "plotmill/pipeline.hpp"
#include "preview_command.hpp"
#include "run_command.hpp"
#include "show_command.hpp"
#include "verify_command.hpp"
#include "version_text.hpp"

namespace plotmill::tools {
namespace {

int print(const std::string& text) {
  if (print_output(text)) return exit_done;
  std::fputs("plotmill: standard output could not be written\n", stderr);
  return exit_run_failed;
}

int run(const CLI::App&, const Arguments& arguments) {
  Pipeline pipeline = load_pipeline(arguments);
  RunCommand command{arguments.force, arguments.resume, arguments.json, arguments.quiet};
  if (arguments.progress == "none") command.progress = ProgressStyle::none;
  if (arguments.progress == "line") command.progress = ProgressStyle::line;
  if (arguments.progress == "json") command.progress = ProgressStyle::json;
  command.trace_path = arguments.trace;
  command.report_path = arguments.report;
  command.definition = arguments.file;
  command.title = arguments.file.substr(arguments.file.find_last_of('/') + 1);
  return run_pipeline(pipeline, command);
}

int check(const CLI::App&, const Arguments& arguments) {
  return print(load_pipeline(arguments).graph(arguments.graph == "dot" ? GraphFormat::dot : GraphFormat::text));
}

int show_stages(const CLI::App&, const Arguments& arguments) {
  Registry registry = builtin_stages();
  if (arguments.type.empty())
    return print(arguments.json ? describe_stages_json(registry) + "\n" : describe_stages(registry));
  const StageInfo* info = registry.find(arguments.type);
  if (info == nullptr) {
    throw Error(ErrorKind::definition, "there is no stage type " + arguments.type + "; `plotmill stages` lists them");
  }
  if (!arguments.json) return print(describe_stage(*info));
  Registry only;
  only.add(*info);
  return print(describe_stages_json(only) + "\n");
}

int print_schema(const CLI::App&, const Arguments&) { return print(schema_json(builtin_stages()) + "\n"); }

int preview(const CLI::App&, const Arguments& arguments) {
  Pipeline pipeline = load_pipeline(arguments);
  return preview_pipeline(pipeline, arguments.file, arguments.preview);
}

int show(const CLI::App&, const Arguments& arguments) { return show_charts(arguments.show); }

int verify(const CLI::App&, const Arguments& arguments) { return verify_stored(arguments.verify); }

int print_completion(const CLI::App& app, const Arguments& arguments) {
  const std::vector<CommandReference> commands = reference_of(app, builtin_stages());
  return print(arguments.shell == "zsh" ? zsh_completion(commands) : bash_completion(commands));
}

int print_man_page(const CLI::App& app, const Arguments&) {
  const Registry registry = builtin_stages();
  return print(man_page(reference_of(app, registry), registry));
}

int print_version(const CLI::App&, const Arguments& arguments) {
  const BuildInfo info = build_info();
  return print(arguments.json ? to_json(info) + "\n" : version_text(info));
}

void add_nothing(CLI::App&, Arguments&) {}

struct Command {
  const char* name;
  const char* doc;
  void (*add_arguments)(CLI::App& command, Arguments& arguments);
  int (*call)(const CLI::App& app, const Arguments& arguments);
};

constexpr std::array<Command, 10> commands{{
    {"run", "Run a pipeline definition", add_run_arguments, run},
    {"check", "Check a definition and show its graph; run nothing", add_check_arguments, check},
    {"preview", "Draw a few charts of a definition and say what a run would be", add_preview_arguments, preview},
    {"show", "Draw a few charts of an HDF5 file that a run has written", add_show_arguments, show},
    {"verify", "Check that what runs have stored is as it was written", add_verify_arguments, verify},
    {"stages", "List the stages, or the options of one", add_stages_arguments, show_stages},
    {"schema", "Print the JSON Schema of a definition, for editors", add_nothing, print_schema},
    {"completion", "Print a script that makes a shell complete this command line", add_completion_arguments,
     print_completion},
    {"man", "Print the manual page, for `man -l -`", add_nothing, print_man_page},
    {"version", "Print the version, and what this plotmill was built from and with", add_version_arguments,
     print_version},
}};

std::string exit_codes_text() {
  std::string text = "Exit codes:";
  for (const ExitMeaning& meaning : exit_meanings) text += fmt::format("\n  {:<4}{}", int{meaning.code}, meaning.text);
  return text;
}

// Where a standard stream is closed, the next file opened would get its number, and messages would go into that file.
void occupy_standard_streams() {
  // Read-only: what is written fails, as it does with the stream closed.
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= 2) descriptor = ::open("/dev/null", O_RDONLY);
  if (descriptor > 2) ::close(descriptor);
}

int main_of(int argc, char** argv) {
  occupy_standard_streams();
  tell_of_crashes();
  Arguments arguments;
  CLI::App app("Turns series into chart images.", "plotmill");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("plotmill {}", version()));
  for (const Command& command : commands) {
    command.add_arguments(*app.add_subcommand(command.name, command.doc), arguments);
  }
  app.footer(exit_codes_text());
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    std::ostringstream text;
    app.exit(asked, text, text);
    return print(text.str());
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty()) {
      std::fputs(
          fmt::format("plotmill: there is no command {}; {} are known\n", argv[1], list_of_commands(app)).c_str(),
          stderr);
      return exit_definition_wrong;
    }
    std::fputs(fmt::format("plotmill: {}\nplotmill: `plotmill --help` tells more\n", error.what()).c_str(), stderr);
    return exit_definition_wrong;
  }
  // What fails from here to the first batch is the definition's or the command's fault.
  try {
    for (const Command& command : commands) {
      if (app.got_subcommand(command.name)) return command.call(app, arguments);
    }
  } catch (const Error& error) {
    print_error(error);
    return exit_definition_wrong;
  }
  return exit_definition_wrong;
}

}  // namespace
}  // namespace plotmill::tools

int main(int argc, char** argv) {
  try {
    return plotmill::tools::main_of(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("plotmill: the system refused memory\n", stderr);
    return plotmill::tools::exit_run_failed;
  } catch (const std::exception& error) {
    std::fputs("plotmill: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return plotmill::tools::exit_run_failed;
  }
}
