// `plotmill run`: one run, with progress, signals, and the report at the end.
#include "run_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>
#include <thread>

#include "part_file.hpp"
#include "plotmill/describe.hpp"
#include "plotmill/report_page.hpp"
#include "progress_text.hpp"

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
    const std::string streams =
        plan.streams == 0 ? "" : fmt::format("; {} stream{}", plan.streams, plan.streams == 1 ? "" : "s");
    const std::string text = fmt::format(
        "plotmill: device: {}{}{}; {} thread{}; {} images a batch, at most {} batches in flight; memory: at most {}\n",
        plan.device, reason, streams, plan.threads, plan.threads == 1 ? "" : "s", plan.batch, plan.batches_in_flight,
        size_text(static_cast<double>(plan.memory_bytes)));
    std::fputs(text.c_str(), stderr);
  } catch (const std::exception&) {  // The run does not depend on it.
  }
}

// Each series that was skipped or made blank, unless there are very many.
std::string bad_series_text(const RunReport& report) {
  constexpr std::size_t most_shown = 20;
  const std::uint64_t n = report.n_skipped + report.n_blanked;
  if (n == 0) return {};
  std::string text = fmt::format("plotmill: {} series could not be drawn, and {}:\n", n,
                                 report.n_skipped > 0 ? "were skipped" : "are blank images");
  for (const BadSeriesReport& series : report.bad_series) {
    if (&series == report.bad_series.data() + most_shown) break;
    text += fmt::format("  {}{}data row {}: {}\n", series.image ? fmt::format("image {}, ", *series.image) : "",
                        series.group.empty() ? "" : fmt::format("group \"{}\", ", series.group), series.first_row,
                        series.reason);
  }
  if (n > most_shown) text += fmt::format("  and {} more\n", n - most_shown);
  return text;
}

void print_summary(const RunReport& report) {
  const double rate = report.seconds > 0 ? static_cast<double>(report.images) / report.seconds : 0;
  std::string text = fmt::format("plotmill: {} images in {:.2f} s, {:.0f} images/s, {} written\n", report.images,
                                 report.seconds, rate, size_text(static_cast<double>(report.bytes_written)));
  if (report.resumed_at > 0) {
    text += fmt::format("plotmill: went on after {} images that were stored before\n", report.resumed_at);
  }
  if (report.blank > 0) {
    text += fmt::format("plotmill: {} images are blank, as their series have no finite value\n", report.blank);
  }
  text += bad_series_text(report);
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

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  std::array<char, 64> text{};
  if (localtime_r(&now, &local) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &local)};
}

// The files about the run that the command line asks for: they can be written, or the run does not begin. And the
// definition, which neither they nor the outputs replace.
class RunFiles {
 public:
  explicit RunFiles(const RunCommand& command)
      : definition_(FileUse::reading(command.definition)), title_(command.title), began_(time_text()) {
    if (!command.trace_path.empty()) trace_file_.emplace(command.trace_path, command.force).begin();
    if (!command.report_path.empty()) page_file_.emplace(command.report_path, command.force).begin();
  }

  /// Where to record; null where no file needs it.
  [[nodiscard]] Trace* trace() noexcept { return trace_file_ || page_file_ ? &trace_ : nullptr; }

  /// False, and an error printed, where the file can't be written. Of a run that never began there is no trace.
  bool publish_trace() {
    if (!trace_file_ || trace_.threads.empty()) return true;
    return publish(*trace_file_, [&](std::ostream& out) { write_trace(trace_, out); });
  }

  bool publish_page(const RunReport& report, const std::string& definition) {
    if (!page_file_) return true;
    const ReportPage page{title_, began_, definition, std::thread::hardware_concurrency()};
    return publish(*page_file_, [&](std::ostream& out) { out << report_page(report, trace_, page); });
  }

  /// What is not published is removed, as it is at the end of the scope.
  void discard() noexcept {
    trace_file_.reset();
    page_file_.reset();
  }

 private:
  static bool publish(PartFile& file, const std::function<void(std::ostream&)>& write) {
    try {
      file.publish(write);
      return true;
    } catch (const Error& error) {
      print_error(error);
      return false;
    }
  }

  FileUse definition_;
  std::string title_, began_;
  Trace trace_;
  std::optional<PartFile> trace_file_, page_file_;
};

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
  RunFiles files(command);
  const CancelOnSignal signals(pipeline);
  const ProgressStyle style = command.progress.value_or(command.quiet ? ProgressStyle::none : default_progress_style());
  // Who reads JSON from standard error reads nothing else there but errors.
  const bool for_people = !command.quiet && style != ProgressStyle::json;
  ProgressDisplay progress(style);
  RunOptions options;
  options.overwrite = command.force;
  options.resume = command.resume;
  if (for_people) options.on_start = print_plan;
  options.on_progress = [&](const Progress& now) { progress.update(now); };
  options.trace = files.trace();
  RunReport report;
  try {
    report = pipeline.run(options);
  } catch (const Error& error) {
    progress.end();
    print_error(error);
    files.publish_trace();
    // The thread that hangs would keep an orderly exit waiting.
    if (error.kind() == ErrorKind::stalled) {
      files.discard();
      std::fflush(stderr);
      std::_Exit(exit_run_failed);
    }
    return exit_code_of(error);
  }
  progress.end();
  if (for_people) print_summary(report);
  const bool files_written = files.publish_trace() && files.publish_page(report, pipeline.definition());
  if (command.json && !print_output(to_json(report) + "\n")) {
    std::fputs("plotmill: standard output: the report could not be written\n", stderr);
    return exit_run_failed;
  }
  return files_written ? exit_done : exit_run_failed;
}

}  // namespace plotmill::tools
