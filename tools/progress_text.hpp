// How far a run is, in words and bars.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"

namespace plotmill::tools {

/// "200 of 1000 images, 813 images/s, 12.3 MB/s, 1 min 05 s left".
[[nodiscard]] std::string progress_text(const Progress& progress);

/// "1.5 GB", with units of 1000 as disks have them.
[[nodiscard]] std::string size_text(double bytes);

/// What a terminal can show.
struct Terminal {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool colours = false;
  bool utf8 = false;
};

/// A line with the escapes that colour it, and how many columns it takes without them.
struct TerminalLine {
  std::string text;
  std::size_t width = 0;
};

/// The run in one line and, where there is room, each stage in one: its share of busy time and the batches that wait
/// for it. At most rows - 1 lines, each narrower than the terminal.
[[nodiscard]] std::vector<TerminalLine> progress_lines(const Progress& progress, const Terminal& terminal);

}  // namespace plotmill::tools
