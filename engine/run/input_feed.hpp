// What a run makes of its input before anything is drawn: full batches of series that can be drawn, from the image on
// that the run begins with.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/run/stages.hpp"

namespace plotmill {

/// One thread, but for group().
class InputFeed {
 public:
  InputFeed(RunStages& stages, OnBadSeries on_bad_series) : stages_(stages), on_bad_series_(on_bad_series) {}

  /// Lets the writers learn, then goes to plan.first_image, passing over what is stored already. Gives up where
  /// `keep_going()` is false. Throws Error with the stage's place.
  void begin(const std::function<bool()>& keep_going);

  /// False when all has been given out. The last batch may hold nothing but names of groups.
  [[nodiscard]] bool more() const noexcept { return more_series() || !skipped_groups_.empty(); }

  /// Appends series to the empty `batch` until it holds `at_most` or the input has ended. Throws Error with the stage's
  /// place, and where run.on_bad_series is `error`, with the series' source.
  void fill(Sequences& batch, std::size_t at_most);

  /// The name of a group of which a series was given out; "" where there is none. Any thread.
  [[nodiscard]] std::string group(std::uint32_t number) const;

  [[nodiscard]] std::uint64_t n_bad() const noexcept { return n_bad_; }
  /// The first of them, RunReport::most_bad_series at most.
  [[nodiscard]] const std::vector<BadSeriesReport>& bad_series() const noexcept { return bad_series_; }

 private:
  [[nodiscard]] bool more_series() const noexcept { return more_ || n_taken_ < first_.size(); }
  void read(Sequences& batch, std::size_t at_most);
  void take_first(Sequences& batch, std::size_t n);
  void require_names(const Sequences& batch, std::size_t from, std::size_t n_settled) const;
  void settle(Sequences& batch, std::size_t from, std::size_t n_settled);
  [[nodiscard]] bool refuse(const Sequences& batch, std::size_t i, std::uint64_t image, BadSeries& bad) const;
  void note(const BadSeries& bad, bool is_blank);

  RunStages& stages_;
  OnBadSeries on_bad_series_;
  Sequences first_;          ///< Read to learn from.
  std::size_t n_taken_ = 0;  ///< Of these, by fill().
  bool more_ = true;         ///< In the reader.
  std::uint64_t n_images_ = 0;
  std::uint64_t n_bad_ = 0;
  std::vector<BadSeriesReport> bad_series_;
  std::vector<std::string> skipped_groups_;  ///< Names that came with what was passed over.
  mutable std::mutex mutex_;                 // Of what follows.
  std::vector<std::string> groups_;
};

}  // namespace plotmill
