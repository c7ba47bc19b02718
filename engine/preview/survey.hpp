// What a preview reads: the first series, how many there are, and a few from all over the input.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/run/stages.hpp"

namespace plotmill {

/// Series picked from an input.
struct Picked {
  std::vector<std::uint64_t> indices;  ///< Their numbers in the input.
  Sequences series;
};

struct SurveyOptions {
  std::size_t count = 1;  ///< Series to pick.
  bool spread = false;    ///< See PreviewOptions.
};

struct Survey {
  Picked shown;                     ///< The first ones, or spread ones.
  Picked typical;                   ///< From all over what was read, to measure.
  std::vector<std::string> groups;  ///< By number.
  std::optional<std::uint64_t> n_series;
  bool is_exact = false;
  double read_seconds = 0;  ///< For each series.
};

/// Reads with the stages' reader, of which nothing has been read, and lets the writers learn. Throws Error as a run
/// does, and Error (cancelled).
[[nodiscard]] Survey survey_input(const Definition& definition, RunStages& stages, const SurveyOptions& options,
                                  const std::atomic<bool>& cancelled);

/// Throws Error (cancelled) where it is set.
void stop_if(const std::atomic<bool>& cancelled);

}  // namespace plotmill
