// Shows how far a run is, on standard error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"

namespace plotmill::tools {

/// What `--progress` asks for.
enum class ProgressStyle {
  none,
  line,  ///< On a terminal lines that are rewritten in place, otherwise a line every five seconds.
  json,  ///< A JSON object every second and at the end, each on a line.
};

/// Where nothing is asked for: line on a terminal, none elsewhere.
[[nodiscard]] ProgressStyle default_progress_style();

/// Never throws: a run must not end because nobody reads its progress.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(ProgressStyle style);
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  ~ProgressDisplay() { end(); }

  void update(const Progress& progress) noexcept;

  /// Takes the lines off the terminal, so that other text can follow; of JSON gives the last line, unless it was given.
  void end() noexcept;

 private:
  void rewrite(const Progress& progress);
  [[nodiscard]] std::string go_back(std::size_t columns) const;

  ProgressStyle style_;
  bool in_place_;
  std::vector<std::size_t> shown_widths_;  ///< Of the lines on the terminal.
  double next_line_seconds_ = 0;
  std::optional<Progress> not_shown_;  ///< What the last JSON line does not tell.
};

}  // namespace plotmill::tools
