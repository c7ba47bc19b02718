// What a definition would give, seen before it runs: a sheet of its charts, and how many images, how much data and how
// long it would be. No output is opened, created or replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/contact_sheet.hpp"
#include "plotmill/error.hpp"
#include "plotmill/export.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {

struct PLOTMILL_EXPORT PreviewOptions {
  static constexpr std::size_t most_charts = 1000;

  std::size_t count = 48;  ///< Charts of each draw stage, 1..most_charts.
  /// Chart i of n is image i (N-1)/(n-1) of N, not image i. An input of unknown length, as a CSV, is read whole then,
  /// and twice; otherwise for 0.3 s at most.
  bool spread = false;
};

/// A chart on the sheet.
struct PLOTMILL_EXPORT PreviewChart {
  std::string stage;        ///< Id of the draw stage.
  std::uint64_t index = 0;  ///< Number of the image in the run.
  std::string group;
  std::uint64_t first_row = 0;
  bool is_drawn = true;  ///< Otherwise its series is one of bad_series, and its place on the sheet is gray.
  SheetPlace place;
};

/// What a write stage would store.
struct PLOTMILL_EXPORT PreviewOutput {
  std::string id, type;
  std::optional<std::uint64_t> bytes;  ///< About; empty where n_images is, and for a writer that can't be rehearsed.
};

struct PLOTMILL_EXPORT Preview {
  std::vector<std::uint8_t> sheet_png;  ///< A block for each draw stage, in the order of the definition.
  std::vector<PreviewChart> charts;     ///< Block by block, in the order on the sheet.
  std::optional<std::uint64_t> n_images;
  bool n_images_is_exact = false;  ///< Otherwise extrapolated from the part of the input that was read.
  std::vector<PreviewOutput> outputs;
  /// About: reading, drawing and encoding, as measured here, on the threads of the run. A slow disk takes longer. Empty
  /// where n_images is.
  std::optional<double> seconds;
  /// As the run would choose, but for writers that can't be rehearsed, whose memory is not counted.
  RunPlan plan;
  std::vector<Fault> bad_series;   ///< Series of the sample that can't be read or drawn.
  bool ends_at_bad_series = true;  ///< Whether the run would end there; otherwise it skips them or makes them blank.
};

/// The preview as a JSON object: sheet (the path given here), images, images_exact, seconds, output_bytes, device,
/// threads, batch, batches_in_flight, memory_bytes, outputs, an array of {id, type, bytes}, charts, an array of
/// {stage, index, group, first_row, drawn, place: [x, y, width, height]}, and bad_series, an array of texts. What is
/// not known is null.
[[nodiscard]] PLOTMILL_EXPORT std::string to_json(const Preview& preview, std::string_view sheet_path);

}  // namespace plotmill
