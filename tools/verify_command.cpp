// See verify_command.hpp.
#include "verify_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "crash_message.hpp"
#include "progress_display.hpp"
#include "progress_text.hpp"
#include "run_command.hpp"

namespace plotmill::tools {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void print_problems(const VerifyReport& report) {
  constexpr std::size_t most_shown = 100;
  std::string text;
  for (const VerifyProblem& problem : report.problems) {
    if (&problem == report.problems.data() + most_shown) break;
    text += "plotmill: " + problem.message() + "\n";
  }
  if (report.n_problems > most_shown) text += fmt::format("plotmill: and {} more\n", report.n_problems - most_shown);
  std::fputs(text.c_str(), stderr);
}

void print_summary(const VerifyReport& report) {
  std::string text;
  for (const std::string& note : report.notes) text += "plotmill: " + note + "\n";
  const double seconds = std::max(report.seconds, 1e-9);
  const double rate = static_cast<double>(report.bytes_read) / seconds;
  text += fmt::format(
      "plotmill: {} in {} file{}: {} of {} images checked in {:.2f} s, {:.0f} images/s; {} read, {}/s on {} thread{}\n",
      report.n_problems == 0 ? "nothing is damaged" : "there is damage", report.files, report.files == 1 ? "" : "s",
      report.images_checked, report.images, report.seconds, static_cast<double>(report.images_checked) / seconds,
      size_text(static_cast<double>(report.bytes_read)), size_text(rate), report.threads,
      report.threads == 1 ? "" : "s");
  std::fputs(text.c_str(), stderr);
}

}  // namespace

void add_verify_options(CLI::App& app, VerifyCommand& command) {
  app.add_option("path", command.path, "An HDF5 file, or a folder: all outputs in it")->required()->type_name("FILE");
  app.add_option("--sample", command.options.sample, "Check so many evenly spaced images of each output, not all")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32U));
  app.add_option("--threads", command.options.threads, "0: one for each core")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1024}));
  app.add_flag("--json", command.json, "Print a report as JSON on standard output");
  app.add_flag("--quiet", command.quiet, "Print nothing but what is damaged and what --json asks for");
}

int verify_stored(const VerifyCommand& command) try {
  tell_of_crashes_in(command.path);
  ProgressDisplay display(command.quiet ? ProgressStyle::none : default_progress_style());
  const Clock::time_point start = Clock::now();
  Clock::time_point last_told = start;
  VerifyOptions options = command.options;
  options.on_progress = [&](const VerifyProgress& now) {
    if (seconds_since(last_told) < 0.1) return true;
    last_told = Clock::now();
    display.update({.images = now.images,
                    .n_images = {},
                    .bytes_written = now.bytes,
                    .seconds = seconds_since(start),
                    .stages = {}});
    return true;
  };
  const VerifyReport report = verify_output(command.path, options);
  display.end();
  print_problems(report);
  if (!command.quiet) print_summary(report);
  if (command.json && !print_output(to_json(report, command.path) + "\n")) {
    std::fputs("plotmill: standard output: the report could not be written\n", stderr);
    return exit_run_failed;
  }
  return report.n_problems == 0 ? exit_done : exit_run_failed;
} catch (const Error& error) {
  print_error(error);
  return exit_code_of(error);
}

}  // namespace plotmill::tools
