// See progress_display.hpp.
#include "progress_display.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "plotmill/describe.hpp"
#include "progress_text.hpp"

namespace plotmill::tools {
namespace {

constexpr double seconds_between_lines = 5;
constexpr double seconds_between_objects = 1;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_terminal() {
  return isatty(STDERR_FILENO) != 0 && !environment("TERM").empty() && environment("TERM") != "dumb";
}

// The first of the variables that is set decides, as POSIX has it.
bool shows_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    std::string lower(value);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

// Asked for each time: the window may have another size now.
Terminal terminal() {
  Terminal terminal;
  terminal.colours = environment("NO_COLOR").empty();
  terminal.utf8 = shows_utf8();
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return terminal;
  if (size.ws_col > 0) terminal.columns = size.ws_col;
  if (size.ws_row > 0) terminal.rows = size.ws_row;
  return terminal;
}

// In one call, so that a terminal never shows half of it.
void write_at_once(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressStyle default_progress_style() { return is_terminal() ? ProgressStyle::line : ProgressStyle::none; }

ProgressDisplay::ProgressDisplay(ProgressStyle style)
    : style_(style), in_place_(style == ProgressStyle::line && is_terminal()) {
  if (style == ProgressStyle::line) next_line_seconds_ = seconds_between_lines;
}

void ProgressDisplay::update(const Progress& progress) noexcept {
  if (style_ == ProgressStyle::none) return;
  try {
    if (in_place_) return rewrite(progress);
    if (style_ == ProgressStyle::json) not_shown_ = progress;
    if (progress.seconds < next_line_seconds_) return;
    if (style_ == ProgressStyle::json) {
      next_line_seconds_ = progress.seconds + seconds_between_objects;
      write_at_once(to_json(progress) + "\n");
      not_shown_.reset();
    } else {
      next_line_seconds_ = progress.seconds + seconds_between_lines;
      write_at_once("plotmill: " + progress_text(progress) + "\n");
    }
  } catch (const std::exception&) {
    style_ = ProgressStyle::none;
  }
}

// To the first column of the first line. A window that has become narrower has broken the lines into more of its own.
std::string ProgressDisplay::go_back(std::size_t columns) const {
  std::size_t n_rows = 0;
  for (const std::size_t width : shown_widths_) n_rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  return n_rows > 0 ? fmt::format("\r\033[{}A", n_rows) : "\r";
}

// Each line is written over the one before and only its rest is cleared: nothing flickers.
void ProgressDisplay::rewrite(const Progress& progress) {
  const Terminal now = terminal();
  std::string text = go_back(now.columns);
  shown_widths_.clear();
  for (const TerminalLine& line : progress_lines(progress, now)) {
    text += line.text + "\033[K\n";
    shown_widths_.push_back(line.width);
  }
  write_at_once(text + "\033[J");
}

void ProgressDisplay::end() noexcept {
  try {
    if (!shown_widths_.empty()) write_at_once(go_back(terminal().columns) + "\033[J");
    shown_widths_.clear();
    if (style_ == ProgressStyle::json && not_shown_) write_at_once(to_json(*not_shown_) + "\n");
    not_shown_.reset();
  } catch (const std::exception&) {
    style_ = ProgressStyle::none;
  }
}

}  // namespace plotmill::tools
