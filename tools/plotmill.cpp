// The command line: reads the arguments and calls the library.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "plotmill/describe.hpp"
#include "plotmill/pipeline.hpp"
#include "preview_command.hpp"
#include "run_command.hpp"
#include "show_command.hpp"

namespace plotmill::tools {
namespace {

struct Arguments {
  std::string file;
  std::vector<std::string> sets;
  std::string device, threads, memory, limit;
  bool force = false;
  bool json = false;
  bool quiet = false;
  std::string progress, trace, report;
  std::string type;
  PreviewCommand preview;
  ShowCommand show;
};

// One value for each --set; a "[...]" in it stays as it is.
void add_set(CLI::App& command, Arguments& arguments) {
  command.add_option("--set", arguments.sets, "Give an option another value; may be given several times")
      ->type_name("ID.PARAM=VALUE")
      ->allow_extra_args(false);
}

CLI::App* add_run(CLI::App& app, Arguments& arguments) {
  CLI::App* run = app.add_subcommand("run", "Run a pipeline definition");
  run->add_option("file", arguments.file, "The definition (JSON)")->required()->type_name("FILE");
  add_set(*run, arguments);
  run->add_option("--device", arguments.device, "auto, cpu, cuda or cuda:N")->type_name("D");
  run->add_option("--threads", arguments.threads, "0: one for each core")->type_name("N");
  run->add_option("--memory", arguments.memory, "For all batches in flight, as 1GiB")->type_name("SIZE");
  run->add_option("--limit", arguments.limit, "Read at most so many series")->type_name("N");
  run->add_flag("--force", arguments.force, "Replace outputs that exist");
  run->add_flag("--json", arguments.json, "Print a report as JSON on standard output");
  run->add_flag("--quiet", arguments.quiet, "Print nothing but errors and what --json and --progress ask for");
  run->add_option("--progress", arguments.progress, "none, line or json; line on a terminal, else none, if not given")
      ->type_name("STYLE")
      ->check(CLI::IsMember({"none", "line", "json"}));
  run->add_option("--trace", arguments.trace, "Write what happened when, for ui.perfetto.dev")->type_name("FILE");
  run->add_option("--report", arguments.report, "Write a page about the run, as HTML")->type_name("FILE");
  return run;
}

CLI::App* add_preview(CLI::App& app, Arguments& arguments) {
  CLI::App* preview = app.add_subcommand("preview", "Draw a few charts of a definition and say what a run would be");
  preview->add_option("file", arguments.file, "The definition (JSON)")->required()->type_name("FILE");
  add_set(*preview, arguments);
  add_preview_options(*preview, arguments.preview);
  return preview;
}

std::vector<Override> overrides_of(const Arguments& arguments) {
  std::vector<Override> overrides;
  std::vector<Fault> faults;
  for (const std::string& set : arguments.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) {
      faults.push_back({"--set " + set, "a stage's id, a dot, an option, = and a value are accepted"});
    } else {
      overrides.push_back({set.substr(0, equals), set.substr(equals + 1)});
    }
  }
  if (!faults.empty()) throw Error(ErrorKind::definition, faults);
  const auto add = [&](const char* path, const std::string& value) {
    if (!value.empty()) overrides.push_back({path, value});
  };
  add("run.device", arguments.device);
  add("run.threads", arguments.threads);
  add("run.memory", arguments.memory);
  return overrides;
}

Pipeline load(const Arguments& arguments) {
  std::vector<Override> overrides = overrides_of(arguments);
  Pipeline pipeline = Pipeline::from_file(arguments.file, overrides);
  if (arguments.limit.empty()) return pipeline;
  // Which stage reads is known only now.
  overrides.push_back({pipeline.reader_id() + ".limit", arguments.limit});
  return Pipeline::from_file(arguments.file, overrides);
}

int print(const std::string& text) {
  if (print_output(text)) return exit_done;
  std::fputs("plotmill: standard output could not be written\n", stderr);
  return exit_run_failed;
}

int show_stages(const Arguments& arguments) {
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

int check(const Arguments& arguments) { return print(load(arguments).graph()); }

int run(const Arguments& arguments) {
  Pipeline pipeline = load(arguments);
  RunCommand command{arguments.force, arguments.json, arguments.quiet};
  if (arguments.progress == "none") command.progress = ProgressStyle::none;
  if (arguments.progress == "line") command.progress = ProgressStyle::line;
  if (arguments.progress == "json") command.progress = ProgressStyle::json;
  command.trace_path = arguments.trace;
  command.report_path = arguments.report;
  command.title = arguments.file.substr(arguments.file.find_last_of('/') + 1);
  return run_pipeline(pipeline, command);
}

int preview(const Arguments& arguments) {
  Pipeline pipeline = load(arguments);
  return preview_pipeline(pipeline, arguments.file, arguments.preview);
}

// Where a standard stream is closed, the next file opened would get its number, and messages would go into that file.
void occupy_standard_streams() {
  // Read-only: what is written fails, as it does with the stream closed.
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= 2) descriptor = ::open("/dev/null", O_RDONLY);
  if (descriptor > 2) ::close(descriptor);
}

int print_version() { return print(fmt::format("plotmill {}\n", version())); }

int main_of(int argc, char** argv) {
  occupy_standard_streams();
  Arguments arguments;
  CLI::App app("Turns series into chart images.", "plotmill");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("plotmill {}", version()));
  const CLI::App* run_app = add_run(app, arguments);
  CLI::App* check_app = app.add_subcommand("check", "Check a definition and show its graph; run nothing");
  check_app->add_option("file", arguments.file, "The definition (JSON)")->required()->type_name("FILE");
  add_set(*check_app, arguments);
  const CLI::App* preview_app = add_preview(app, arguments);
  const CLI::App* show_app = add_show(app, arguments.show);
  CLI::App* stages_app = app.add_subcommand("stages", "List the stages, or the options of one");
  stages_app->add_option("type", arguments.type, "A stage type")->type_name("TYPE");
  stages_app->add_flag("--json", arguments.json, "Print JSON with everything");
  const CLI::App* version_app = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty()) {
      std::fputs(
          fmt::format("plotmill: there is no command {}; run, check, preview, show, stages and version are known\n",
                      argv[1])
              .c_str(),
          stderr);
      return exit_definition_wrong;
    }
    std::fputs(fmt::format("plotmill: {}\nplotmill: `plotmill --help` tells more\n", error.what()).c_str(), stderr);
    return exit_definition_wrong;
  }
  // What fails from here to the first batch is the definition's or the command's fault.
  try {
    if (preview_app->parsed()) return preview(arguments);
    if (show_app->parsed()) return show_charts(arguments.show);
    if (run_app->parsed()) return run(arguments);
    if (check_app->parsed()) return check(arguments);
    if (stages_app->parsed()) return show_stages(arguments);
    if (version_app->parsed()) return print_version();
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
  } catch (const std::exception& error) {
    std::fputs("plotmill: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return plotmill::tools::exit_run_failed;
  }
}
