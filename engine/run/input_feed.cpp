// See input_feed.hpp.
#include "engine/run/input_feed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/run/learning.hpp"

namespace plotmill {
namespace {

template <class T>
auto at(T& values, std::size_t i) {
  return values.begin() + static_cast<std::ptrdiff_t>(i);
}

void move_series(Sequences& batch, std::size_t from, std::size_t to) {
  if (from == to) return;
  std::copy_n(at(batch.values, from * batch.n_points), batch.n_points, at(batch.values, to * batch.n_points));
  batch.sources[to] = batch.sources[from];
}

}  // namespace

void InputFeed::begin(const std::function<bool()>& keep_going) {
  more_ = learn_from_first(stages_, first_);
  const std::uint64_t first_image = stages_.plan.first_image;
  Sequences passed;
  passed.n_points = stages_.series.n_points;
  while (n_images_ < first_image && more_series() && keep_going()) {
    const std::uint64_t n_left = first_image - n_images_;
    // Which series are bad has to be seen, and a reader steps over nothing before its first series.
    const bool may_skip = on_bad_series_ == OnBadSeries::error && n_taken_ == first_.size() && n_images_ > 0;
    if (may_skip && stages_.reader.stage->skip(n_left)) {
      n_images_ = first_image;
      break;
    }
    passed.clear();
    fill(passed, static_cast<std::size_t>(std::min<std::uint64_t>(n_left, stages_.plan.batch)));
    std::ranges::move(passed.new_groups, std::back_inserter(skipped_groups_));
  }
  if (n_images_ < first_image && keep_going()) {
    throw Error(ErrorKind::input, stages_.reader.place(),
                "the input has " + std::to_string(n_images_) + " series, fewer than the " +
                    std::to_string(first_image) + " of which images are stored");
  }
}

void InputFeed::fill(Sequences& batch, std::size_t at_most) {
  batch.new_groups = std::exchange(skipped_groups_, {});
  std::size_t n_groups_known = batch.new_groups.size();
  while (batch.size() < at_most && more_series()) {
    const std::size_t from = batch.size();
    const std::size_t n_settled = batch.bad.size();
    if (n_taken_ < first_.size()) {
      take_first(batch, std::min(at_most - from, first_.size() - n_taken_));
    } else {
      read(batch, at_most);
    }
    if (n_groups_known < batch.new_groups.size()) {
      const std::lock_guard lock(mutex_);
      groups_.insert(groups_.end(), at(batch.new_groups, n_groups_known), batch.new_groups.end());
      n_groups_known = batch.new_groups.size();
    }
    require_names(batch, from, n_settled);
    settle(batch, from, n_settled);
  }
  n_images_ += batch.size();
}

void InputFeed::read(Sequences& batch, std::size_t at_most) {
  const ReaderNode& reader = stages_.reader;
  more_ = at_place(reader.place(), [&] { return reader.stage->read(batch, at_most); });
  const std::size_t n = batch.size();
  if (n <= at_most && (!more_ || n == at_most) && batch.values.size() == n * stages_.series.n_points) return;
  throw Error(ErrorKind::internal, reader.place(),
              "read() gave " + std::to_string(n) + " series of a batch of " + std::to_string(at_most) +
                  "; every batch but the last is full");
}

// The next n of those that were read to learn from.
void InputFeed::take_first(Sequences& batch, std::size_t n) {
  if (n_taken_ == 0) std::ranges::move(first_.new_groups, std::back_inserter(batch.new_groups));
  const std::size_t to = batch.size();
  const auto values = at(first_.values, n_taken_ * first_.n_points);
  batch.values.insert(batch.values.end(), values, values + static_cast<std::ptrdiff_t>(n * first_.n_points));
  batch.sources.insert(batch.sources.end(), at(first_.sources, n_taken_), at(first_.sources, n_taken_ + n));
  for (const BadSeries& bad : first_.bad) {
    if (bad.index < n_taken_ || bad.index >= n_taken_ + n) continue;
    batch.bad.push_back(bad);
    batch.bad.back().index += to - n_taken_;
  }
  n_taken_ += n;
}

// A number without a name would make an output of which nobody could tell what its series are. As for settle().
void InputFeed::require_names(const Sequences& batch, std::size_t from, std::size_t n_settled) const {
  const auto require = [&](std::size_t i, const Source& source) {
    if (source.group < groups_.size()) return;
    const std::uint64_t series = n_images_ + i + (on_bad_series_ == OnBadSeries::skip ? n_bad_ : 0);
    throw Error(ErrorKind::internal, stages_.reader.place(),
                "series " + std::to_string(series) + " is of group " + std::to_string(source.group) +
                    ", and names of only " + std::to_string(groups_.size()) +
                    " groups came; a reader gives each group's name in new_groups, with or before its first series");
  };
  for (std::size_t i = from; i < batch.size(); ++i) require(i, batch.sources[i]);
  for (std::size_t i = n_settled; i < batch.bad.size(); ++i) require(batch.bad[i].index, batch.bad[i].source);
}

// Finds the bad ones among the series from `from` on, and does with them what the run is to do. The reader has told of
// those after the first n_settled in `bad`.
void InputFeed::settle(Sequences& batch, std::size_t from, std::size_t n_settled) {
  const auto unread = at(batch.bad, n_settled);
  std::vector<BadSeries> found(std::make_move_iterator(unread), std::make_move_iterator(batch.bad.end()));
  batch.bad.erase(unread, batch.bad.end());
  std::size_t n_found = 0;
  std::size_t to = from;
  for (std::size_t i = from; i < batch.size(); ++i) {
    BadSeries bad{.index = i, .source = batch.sources[i], .reason = {}};
    const bool is_unread = n_found < found.size() && found[n_found].index == i;
    if (is_unread) bad = std::move(found[n_found++]);
    if (is_unread || refuse(batch, i, n_images_ + to, bad)) {
      if (on_bad_series_ == OnBadSeries::error) {
        throw Error(ErrorKind::input, is_unread ? stages_.reader.place() + " " + bad.place : bad.place, bad.reason);
      }
      const bool is_blank = on_bad_series_ == OnBadSeries::blank;
      bad.index = to;
      bad.number = n_bad_++;
      note(bad, is_blank);
      batch.bad.push_back(std::move(bad));
      if (!is_blank) continue;
    }
    move_series(batch, i, to++);
  }
  batch.sources.resize(to);
  batch.values.resize(to * batch.n_points);
}

// Whether a draw stage can't draw series i, which would be this image of the run; then `bad` says why.
bool InputFeed::refuse(const Sequences& batch, std::size_t i, std::uint64_t image, BadSeries& bad) const {
  for (const auto& drawer : stages_.drawers) {
    auto reason = at_place(drawer->place(), [&] { return drawer->stage->refuse(batch.view().series(i)); });
    if (!reason) continue;
    bad.place = image_place(*drawer, stages_.reader, image, group(bad.source.group), bad.source);
    bad.reason = std::move(*reason);
    return true;
  }
  return false;
}

void InputFeed::note(const BadSeries& bad, bool is_blank) {
  if (bad_series_.size() == RunReport::most_bad_series) return;
  bad_series_.push_back({is_blank ? std::optional(n_images_ + bad.index) : std::nullopt, group(bad.source.group),
                         bad.source.first_row, bad.place + ": " + bad.reason});
}

std::string InputFeed::group(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return number < groups_.size() ? groups_[number] : "";
}

}  // namespace plotmill
