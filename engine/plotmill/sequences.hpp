// A batch of series: what a reader makes and a drawing stage takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// What the values of an input fit in without loss. They are doubles all the same wherever they travel.
enum class ValueType {
  float32,  ///< As those of float16, float32 and of integers of 8 and 16 bits.
  float64,  ///< All others. Integers of 64 bits, and decimal numbers, are rounded to the nearest double.
};

/// Where a series comes from. It travels with the series into the output.
struct PLOTMILL_EXPORT Source {
  std::uint32_t group = 0;  ///< Number of the group, in order of first appearance, from 0. Its name must have come in
                            ///< Sequences::new_groups with the series' batch or before; "" where it has none.
  std::uint64_t first_row =
      0;  ///< Data row of the input that holds the series' first point, from 0, headers not counted.
};

/// Borrowed series of equal length. Valid as long as the memory it points into.
struct PLOTMILL_EXPORT SequencesView {
  const double* values =
      nullptr;  ///< [n_series][n_points], row-major, no padding. NaN and infinity mean "no value here".
  std::size_t n_series = 0;
  std::size_t n_points = 0;  ///< At least 1.

  [[nodiscard]] std::span<const double> series(std::size_t i) const { return {values + i * n_points, n_points}; }
};

/// A series that can't be drawn, and why. What a run does with it, `run.on_bad_series` says.
struct PLOTMILL_EXPORT BadSeries {
  std::size_t index = 0;     ///< In its batch. Of one that was skipped: how many of the batch come before it.
  std::uint64_t number = 0;  ///< Among the bad ones of the run, from 0; set by the engine.
  Source source;
  std::string reason;
  std::string place = {};  ///< Where the reason lies: "prices.csv:17", or the stage that can't draw it.
};

/// Owns a batch of series of equal length. A reader appends to it; the engine clears and reuses it.
struct PLOTMILL_EXPORT Sequences {
  std::size_t n_points = 0;             ///< Points of each series; set by the engine before the reader fills the batch.
  std::vector<double> values;           ///< [size()][n_points], row-major.
  std::vector<Source> sources;          ///< [size()]
  std::vector<std::string> new_groups;  ///< Names of the groups that appear for the first time in this batch, by
                                        ///< number. Every group has one, also where there is only one group.
  std::vector<BadSeries> bad;  ///< In order of index. What a reader gives is in the batch; a writer gets those that are
                               ///< drawn blank or were skipped.

  [[nodiscard]] std::size_t size() const noexcept { return sources.size(); }
  [[nodiscard]] SequencesView view() const noexcept { return {values.data(), size(), n_points}; }

  /// Appends a series of n_points values and returns the place to write them to (valid until the next append).
  [[nodiscard]] std::span<double> append(Source source) {
    sources.push_back(source);
    values.resize(sources.size() * n_points);
    return {values.data() + (sources.size() - 1) * n_points, n_points};
  }

  /// Empties the batch and keeps its memory.
  void clear() noexcept {
    values.clear();
    sources.clear();
    new_groups.clear();
    bad.clear();
  }
};

}  // namespace plotmill
