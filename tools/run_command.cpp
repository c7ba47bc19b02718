// `plotmill run`: one run, with progress, signals, and the report at the end.
#include "run_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "plotmill/describe.hpp"
#include "progress_line.hpp"

namespace plotmill::tools {
namespace {

std::atomic<Pipeline*> running{nullptr};
static_assert(std::atomic<Pipeline*>::is_always_lock_free, "used in a signal handler");

extern "C" void cancel_run(int) {
  const int error = errno;
  // Who asks a second time wants it at once.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
  if (Pipeline* pipeline = running.load()) pipeline->cancel();
  errno = error;
}

// While it lives, signals cancel the run.
class CancelOnSignal {
 public:
  explicit CancelOnSignal(Pipeline& pipeline) {
    running.store(&pipeline);
    struct sigaction action {};
    action.sa_handler = cancel_run;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    replace(SIGINT, action, interrupt_);
    replace(SIGTERM, action, terminate_);
    replace(SIGHUP, action, hang_up_);
    // A reader of standard error that goes away must not kill the run and leave half an output, nor must a file that
    // grows beyond `ulimit -f`: writing fails, and that is reported.
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &pipe_);
    sigaction(SIGXFSZ, &ignore, &file_size_);
  }
  CancelOnSignal(const CancelOnSignal&) = delete;
  CancelOnSignal& operator=(const CancelOnSignal&) = delete;
  ~CancelOnSignal() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
    sigaction(SIGHUP, &hang_up_, nullptr);
    sigaction(SIGPIPE, &pipe_, nullptr);
    sigaction(SIGXFSZ, &file_size_, nullptr);
    running.store(nullptr);
  }

 private:
  // What the parent process has had ignored stays ignored: nohup, or a job in the background.
  static void replace(int number, const struct sigaction& action, struct sigaction& before) {
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }

  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
  struct sigaction hang_up_ {};
  struct sigaction pipe_ {};
  struct sigaction file_size_ {};
};

void print_plan(const RunPlan& plan) noexcept {
  try {
    const std::string reason = plan.device_reason.empty() ? "" : " (" + plan.device_reason + ")";
    const std::string text = fmt::format(
        "plotmill: device: {}{}; {} thread{}; {} images a batch, at most {} batches in flight; memory: at most {}\n",
        plan.device, reason, plan.threads, plan.threads == 1 ? "" : "s", plan.batch, plan.batches_in_flight,
        size_text(static_cast<double>(plan.memory_bytes)));
    std::fputs(text.c_str(), stderr);
  } catch (const std::exception&) {  // The run does not depend on it.
  }
}

void print_summary(const RunReport& report) {
  const double rate = report.seconds > 0 ? static_cast<double>(report.images) / report.seconds : 0;
  std::string text = fmt::format("plotmill: {} images in {:.2f} s, {:.0f} images/s, {} written\n", report.images,
                                 report.seconds, rate, size_text(static_cast<double>(report.bytes_written)));
  if (report.blank > 0) {
    text += fmt::format("plotmill: {} images are blank, as their series have no finite value\n", report.blank);
  }
  std::size_t id_width = 5;
  std::size_t type_width = 4;
  for (const StageReport& stage : report.stages) {
    id_width = std::max(id_width, stage.id.size());
    type_width = std::max(type_width, stage.type.size());
  }
  text +=
      fmt::format("  {:<{}}  {:<{}}  {:>10}  {:>10}\n", "stage", id_width, "type", type_width, "busy s", "waiting s");
  for (const StageReport& stage : report.stages) {
    text += fmt::format("  {:<{}}  {:<{}}  {:>10.2f}  {:>10.2f}\n", stage.id, id_width, stage.type, type_width,
                        stage.busy_seconds, stage.waiting_seconds);
  }
  std::fputs(text.c_str(), stderr);
}

}  // namespace

int exit_code_of(const Error& error) {
  if (error.kind() == ErrorKind::definition) return exit_definition_wrong;
  return error.kind() == ErrorKind::cancelled ? exit_interrupted : exit_run_failed;
}

void print_error(const Error& error) {
  for (const Fault& fault : error.faults()) std::fputs(("plotmill: " + fault.message() + "\n").c_str(), stderr);
}

bool print_output(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

int run_pipeline(Pipeline& pipeline, const RunCommand& command) {
  const CancelOnSignal signals(pipeline);
  ProgressLine line(command.quiet);
  RunOptions options;
  options.overwrite = command.force;
  if (!command.quiet) options.on_start = print_plan;
  options.on_progress = [&](const Progress& progress) { line.update(progress); };
  RunReport report;
  try {
    report = pipeline.run(options);
  } catch (const Error& error) {
    line.clear();
    print_error(error);
    // The thread that hangs would keep an orderly exit waiting.
    if (error.kind() == ErrorKind::stalled) {
      std::fflush(stderr);
      std::_Exit(exit_run_failed);
    }
    return exit_code_of(error);
  }
  line.clear();
  if (!command.quiet) print_summary(report);
  if (command.json && !print_output(to_json(report) + "\n")) {
    std::fputs("plotmill: standard output: the report could not be written\n", stderr);
    return exit_run_failed;
  }
  return exit_done;
}

}  // namespace plotmill::tools
