// Shows how far a run is, on standard error.
#include "progress_line.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace plotmill::tools {
namespace {

constexpr double seconds_between_lines = 5;

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration_text(double seconds) {
  if (!(seconds < 360000)) return "days";
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace

std::string size_text(double bytes) {
  constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
  std::size_t i = 0;
  for (; bytes >= 999.95 && i + 1 < units.size(); ++i) bytes /= 1000;
  return i == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[i]);
}

std::string progress_text(const Progress& progress) {
  const auto images = static_cast<double>(progress.images);
  std::string text = progress.n_images ? fmt::format("{} of {} images", progress.images, *progress.n_images)
                                       : fmt::format("{} images", progress.images);
  if (progress.seconds <= 0 || progress.images == 0) return text;
  const double rate = images / progress.seconds;
  text += fmt::format(", {:.0f} images/s, {}/s", rate,
                      size_text(static_cast<double>(progress.bytes_written) / progress.seconds));
  if (progress.n_images && *progress.n_images > progress.images) {
    text += fmt::format(", {} left", duration_text(static_cast<double>(*progress.n_images - progress.images) / rate));
  }
  return text;
}

ProgressLine::ProgressLine(bool quiet) : style_(quiet ? Style::none : is_terminal() ? Style::in_place : Style::lines) {}

void ProgressLine::update(const Progress& progress) noexcept {
  if (style_ == Style::none) return;
  if (style_ == Style::lines && progress.seconds < last_line_seconds_ + seconds_between_lines) return;
  try {
    std::string text = progress_text(progress);
    if (style_ == Style::in_place) {
      // A line that wraps could not be rewritten.
      if (const std::size_t columns = terminal_columns(); text.size() >= columns) text.resize(columns - 1);
      text = "\r\033[K" + text;
      is_shown_ = true;
    } else {
      text = "plotmill: " + text + "\n";
      last_line_seconds_ = progress.seconds;
    }
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
  } catch (const std::exception&) {
    style_ = Style::none;
  }
}

void ProgressLine::clear() noexcept {
  if (!is_shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  is_shown_ = false;
}

}  // namespace plotmill::tools
