// What the commands take.
#include "arguments.hpp"

#include <CLI/CLI.hpp>

namespace plotmill::tools {
namespace {

void add_file(CLI::App& command, Arguments& arguments) {
  command.add_option("file", arguments.file, "The definition (JSON)")->required()->type_name("FILE");
  // One value for each --set; a "[...]" in it stays as it is.
  command.add_option("--set", arguments.sets, "Give an option another value; may be given several times")
      ->type_name("ID.PARAM=VALUE")
      ->allow_extra_args(false);
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

}  // namespace

void add_run_arguments(CLI::App& command, Arguments& arguments) {
  add_file(command, arguments);
  command.add_option("--device", arguments.device, "auto, cpu, cuda, cuda:N or cuda:all")->type_name("D");
  command.add_option("--threads", arguments.threads, "0: one for each core")->type_name("N");
  command.add_option("--memory", arguments.memory, "For all batches in flight, as 1GiB")->type_name("SIZE");
  command.add_option("--limit", arguments.limit, "Read at most so many series")->type_name("N");
  CLI::Option* force = command.add_flag("--force", arguments.force, "Replace outputs that exist");
  command
      .add_flag("--resume", arguments.resume, "Go on with what an interrupted run has stored; start where nothing is")
      ->excludes(force);
  command.add_flag("--json", arguments.json, "Print a report as JSON on standard output");
  command.add_flag("--quiet", arguments.quiet, "Print nothing but errors and what --json and --progress ask for");
  command
      .add_option("--progress", arguments.progress, "none, line or json; line on a terminal, else none, if not given")
      ->type_name("STYLE")
      ->check(CLI::IsMember({"none", "line", "json"}));
  command.add_option("--trace", arguments.trace, "Write what happened when, for ui.perfetto.dev")->type_name("FILE");
  command.add_option("--report", arguments.report, "Write a page about the run, as HTML")->type_name("FILE");
}

void add_check_arguments(CLI::App& command, Arguments& arguments) {
  add_file(command, arguments);
  command.add_option("--graph", arguments.graph, "Show the graph as text, or in Graphviz' language for `dot -Tsvg`")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "dot"}));
}

void add_preview_arguments(CLI::App& command, Arguments& arguments) {
  add_file(command, arguments);
  add_preview_options(command, arguments.preview);
}

void add_show_arguments(CLI::App& command, Arguments& arguments) { add_show_options(command, arguments.show); }

void add_verify_arguments(CLI::App& command, Arguments& arguments) { add_verify_options(command, arguments.verify); }

void add_stages_arguments(CLI::App& command, Arguments& arguments) {
  command.add_option("type", arguments.type, "A stage type")->type_name("TYPE");
  command.add_flag("--json", arguments.json, "Print JSON with everything");
}

void add_completion_arguments(CLI::App& command, Arguments& arguments) {
  command.add_option("shell", arguments.shell, "The shell that shall read it")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh"}));
}

void add_version_arguments(CLI::App& command, Arguments& arguments) {
  command.add_flag("--json", arguments.json, "Print one JSON object with the same");
}

Pipeline load_pipeline(const Arguments& arguments) {
  std::vector<Override> overrides = overrides_of(arguments);
  Pipeline pipeline = Pipeline::from_file(arguments.file, overrides);
  if (arguments.limit.empty()) return pipeline;
  // Which stage reads is known only now.
  overrides.push_back({pipeline.reader_id() + ".limit", arguments.limit});
  return Pipeline::from_file(arguments.file, overrides);
}

}  // namespace plotmill::tools
