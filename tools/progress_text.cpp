// See progress_text.hpp.
#include "progress_text.hpp"

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace plotmill::tools {
namespace {

constexpr double busy_enough_to_limit = 0.8;

std::string duration_text(double seconds) {
  if (!(seconds < 360000)) return "days";
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

// Ids are ASCII and the bars' characters take one column each, so that characters count.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string_view cut(std::string_view text, std::size_t width) {
  std::size_t n_bytes = 0;
  for (; n_bytes < text.size(); ++n_bytes) {
    if (begins_character(text[n_bytes]) && width-- == 0) break;
  }
  return text.substr(0, n_bytes);
}

/// Puts a line together piece by piece, never wider than the terminal: a line that wraps could not be rewritten.
class LineBuilder {
 public:
  explicit LineBuilder(const Terminal& terminal) : terminal_(terminal) {}

  LineBuilder& add(std::string_view text, fmt::text_style style = {}) {
    const std::string_view part = cut(text, terminal_.columns - 1 - line_.width);
    line_.width += width_of(part);
    line_.text += terminal_.colours && !part.empty() ? fmt::format(style, "{}", part) : std::string(part);
    return *this;
  }

  [[nodiscard]] const TerminalLine& line() const noexcept { return line_; }

 private:
  const Terminal& terminal_;
  TerminalLine line_;
};

std::string bar(double share, std::size_t width, bool utf8) {
  if (!utf8) {
    const auto n = static_cast<std::size_t>(std::lround(share * static_cast<double>(width)));
    return std::string(n, '#') + std::string(width - n, '-');
  }
  constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto n_eighths = static_cast<std::size_t>(std::lround(share * static_cast<double>(8 * width)));
  std::string text;
  for (std::size_t i = 0; i < n_eighths / 8; ++i) text += "█";
  text += parts[n_eighths % 8];
  return text + std::string(width - (n_eighths + 7) / 8, ' ');
}

TerminalLine stage_line(const StageProgress& stage, std::size_t id_width, std::size_t bar_width,
                        const Terminal& terminal) {
  const auto colour = stage.busy >= busy_enough_to_limit ? fmt::terminal_color::yellow : fmt::terminal_color::cyan;
  LineBuilder line(terminal);
  line.add(fmt::format("  {:<{}}  ", stage.id, id_width)).add(bar(stage.busy, bar_width, terminal.utf8), fg(colour));
  line.add(fmt::format(" {:>3.0f} % busy", 100 * stage.busy));
  if (stage.batches_waiting > 0) {
    line.add(fmt::format("  {} batch{}", stage.batches_waiting, stage.batches_waiting == 1 ? "" : "es"),
             fmt::emphasis::faint);
  }
  return line.line();
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

std::vector<TerminalLine> progress_lines(const Progress& progress, const Terminal& terminal) {
  if (terminal.columns < 2 || terminal.rows < 2) return {};
  const std::size_t bar_width = std::clamp<std::size_t>(terminal.columns / 4, 4, 24);
  LineBuilder run(terminal);
  if (progress.n_images && *progress.n_images > 0) {
    const double share = std::min(1.0, static_cast<double>(progress.images) / static_cast<double>(*progress.n_images));
    run.add(bar(share, bar_width, terminal.utf8), fg(fmt::terminal_color::green));
    run.add(fmt::format(" {:>3.0f} % ", std::floor(100 * share)), fmt::emphasis::bold);
  }
  run.add(progress_text(progress));
  std::vector<TerminalLine> lines{run.line()};
  if (progress.stages.size() + 2 > terminal.rows) return lines;
  std::size_t id_width = 0;
  for (const StageProgress& stage : progress.stages) id_width = std::max(id_width, stage.id.size());
  for (const StageProgress& stage : progress.stages) {
    lines.push_back(stage_line(stage, id_width, bar_width, terminal));
  }
  return lines;
}

}  // namespace plotmill::tools
