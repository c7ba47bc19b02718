// Shows how far a run is, on standard error.
#pragma once

#include <cstddef>
#include <string>

#include "plotmill/pipeline.hpp"

namespace plotmill::tools {

/// "200 of 1000 images, 813 images/s, 12.3 MB/s, 1 min 05 s left".
[[nodiscard]] std::string progress_text(const Progress& progress);

/// "1.5 GB", with units of 1000 as disks have them.
[[nodiscard]] std::string size_text(double bytes);

/// On a terminal one line that is rewritten in place, otherwise a line every five seconds. Never throws: a run must not
/// end because nobody reads its progress.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  void update(const Progress& progress) noexcept;

  /// Takes the line off the terminal, so that other text can follow.
  void clear() noexcept;

 private:
  enum class Style { none, in_place, lines };
  Style style_;
  bool is_shown_ = false;
  double last_line_seconds_ = 0;
};

}  // namespace plotmill::tools
