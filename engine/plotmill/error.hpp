// The one exception type of plotmill. Programming mistakes are asserts, not exceptions.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// What went wrong, as far as a caller may want to act on it.
enum class ErrorKind {
  definition,     ///< The pipeline definition, an override or an option is wrong. Nothing has run.
  input,          ///< The data to read is missing, damaged or does not fit the options.
  io,             ///< The system refused to read or write.
  device,         ///< A GPU is missing or failed.
  out_of_memory,  ///< Memory was refused, or `run.memory` is too small for one batch.
  cancelled,      ///< `Pipeline::cancel()` was called.
  stalled,        ///< Nothing moved for `run.stall_timeout`, or for ten times as long while a writer stored.
  internal,       ///< plotmill broke one of its own promises.
};

/// One thing that is wrong, and where: "charts (draw_lines) params/width", "prices.csv:17".
struct PLOTMILL_EXPORT Fault {
  std::string place;  ///< May be empty.
  std::string text;   ///< What is wrong with the actual value, what is accepted, what to do.

  /// "place: text", or the text alone.
  [[nodiscard]] std::string message() const { return place.empty() ? text : place + ": " + text; }
};

/// Thrown by every function of plotmill that can fail. `what()` is one line per fault.
///
/// A stage throws with the text alone, or with a file and line as the place; the engine puts the stage's id and type in
/// front. Copyable, owns its strings.
class PLOTMILL_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string text) : Error(kind, std::vector<Fault>{{"", std::move(text)}}) {}

  Error(ErrorKind kind, std::string place, std::string text)
      : Error(kind, std::vector<Fault>{{std::move(place), std::move(text)}}) {}

  /// Several faults found at once. `faults` must not be empty.
  Error(ErrorKind kind, std::vector<Fault> faults)
      : std::runtime_error(join(faults)), kind_(kind), faults_(std::move(faults)) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::vector<Fault>& faults() const noexcept { return faults_; }

  /// The series of the batch that this error is about, counted from the batch's first; the engine turns it into the
  /// series' group and row. Empty where the error is not about one series.
  [[nodiscard]] std::optional<std::size_t> series() const noexcept { return series_; }
  Error& about_series(std::size_t index_in_batch) noexcept {
    series_ = index_in_batch;
    return *this;
  }

 private:
  static std::string join(const std::vector<Fault>& faults) {
    std::string text;
    for (const Fault& fault : faults) {
      if (!text.empty()) text += '\n';
      text += fault.message();
    }
    return text;
  }

  ErrorKind kind_;
  std::vector<Fault> faults_;
  std::optional<std::size_t> series_;
};

}  // namespace plotmill
