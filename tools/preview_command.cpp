// See preview_command.hpp.
#include "preview_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "progress_text.hpp"
#include "run_command.hpp"
#include "sheet_file.hpp"

namespace plotmill::tools {
namespace {

/// All alike as a rule; one may be a slip of the pen.
constexpr std::size_t most_bad_shown = 5;

std::string duration_text(double seconds) {
  if (seconds < 1) return "less than a second";
  if (seconds < 120) return fmt::format("about {:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("about {:.0f} min", seconds / 60);
  return fmt::format("about {:.1f} h", seconds / 3600);
}

std::string bytes_text(const PreviewOutput& output) {
  return output.bytes ? "about " + size_text(static_cast<double>(*output.bytes)) : "an unknown size";
}

std::string summary(const Preview& preview) {
  const RunPlan& plan = preview.plan;
  std::string text = "plotmill: the run: ";
  text += preview.n_images ? fmt::format("{}{} images", preview.n_images_is_exact ? "" : "about ", *preview.n_images)
                           : "an unknown number of images";
  text += fmt::format(", {} on {} thread{} if the disk keeps up\n",
                      preview.seconds ? duration_text(*preview.seconds) : "an unknown time", plan.threads,
                      plan.threads == 1 ? "" : "s");
  for (const PreviewOutput& output : preview.outputs) {
    text += fmt::format("plotmill:   {} ({}): {}\n", output.id, output.type, bytes_text(output));
  }
  text += fmt::format("plotmill: memory: at most {}, in {} batches of {} images\n",
                      size_text(static_cast<double>(plan.memory_bytes)), plan.batches_in_flight, plan.batch);
  return text;
}

void print_bad_series(const std::vector<Fault>& bad) {
  for (std::size_t i = 0; i < bad.size() && i < most_bad_shown; ++i) {
    std::fputs(("plotmill: " + bad[i].message() + "\n").c_str(), stderr);
  }
  if (bad.size() <= most_bad_shown) return;
  std::fputs(fmt::format("plotmill: and {} more of the charts shown\n", bad.size() - most_bad_shown).c_str(), stderr);
}

}  // namespace

void add_preview_options(CLI::App& app, PreviewCommand& command) {
  app.add_option("-o,--output", command.sheet, "The sheet (PNG), which is replaced; else FILE's name and _preview.png")
      ->type_name("PATH");
  app.add_option("--count", command.options.count, "Charts of each draw stage, 48 if not given")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, PreviewOptions::most_charts));
  app.add_flag("--spread", command.options.spread, "Charts from all over the input instead of its first");
  app.add_flag("--json", command.json, "Print what the run would be as JSON on standard output");
}

int preview_pipeline(Pipeline& pipeline, const std::string& definition, const PreviewCommand& command) try {
  const std::string path = command.sheet.empty() ? default_sheet_path(definition, "_preview") : command.sheet;
  check_sheet_path(path);
  PartFile sheet(path, true);
  const Preview preview = pipeline.preview(command.options);
  write_sheet(sheet, preview.sheet_png);
  std::fputs(fmt::format("plotmill: {}: {} charts\n", path, preview.charts.size()).c_str(), stderr);
  std::fputs(summary(preview).c_str(), stderr);
  print_bad_series(preview.bad_series);
  if (command.json && !print_output(to_json(preview, path) + "\n")) {
    std::fputs("plotmill: standard output could not be written\n", stderr);
    return exit_run_failed;
  }
  return preview.bad_series.empty() || !preview.ends_at_bad_series ? exit_done : exit_run_failed;
} catch (const Error& error) {
  print_error(error);
  return exit_code_of(error);
}

}  // namespace plotmill::tools
