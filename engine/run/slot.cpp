// The slots of a run.
#include "engine/run/slot.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/run/batch_bytes.hpp"

namespace plotmill {
namespace {

// Moves the series from the n-th on to the end of `to`. Names of groups stay, as they may come before their series.
void move_series_after(Sequences& from, std::size_t n, Sequences& to) {
  const auto at = [](auto& values, std::size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i); };
  to.n_points = from.n_points;
  to.values.assign(at(from.values, n * from.n_points), from.values.end());
  to.sources.assign(at(from.sources, n), from.sources.end());
  const auto bad = std::ranges::find_if(from.bad, [&](const BadSeries& each) { return each.index >= n; });
  to.bad.assign(std::make_move_iterator(bad), std::make_move_iterator(from.bad.end()));
  for (BadSeries& each : to.bad) each.index -= n;
  from.bad.erase(bad, from.bad.end());
  from.values.resize(n * from.n_points);
  from.sources.resize(n);
}

void shorten(Ink& ink, std::size_t n_images) {
  ink.row_begin.resize(n_images * ink.shape.height + 1);
  ink.runs.resize(ink.row_begin.back());
  ink.coverage_begin.resize(n_images + 1);
  ink.coverage.resize(ink.coverage_begin.back());
}

}  // namespace

void Slot::cut(std::size_t n) {
  move_series_after(series, n, rest);
  for (Ink& each : ink) shorten(each, n);
}

void Slot::next_part() {
  position.first_image += series.size();
  series.clear();
  std::swap(series, rest);
  for (Ink& each : ink) each.clear();
  for (Encoded& each : encoded) each.clear();
}

std::uint64_t Slot::held() const noexcept {
  std::uint64_t n = held_bytes(series) + held_bytes(rest);
  for (const Ink& each : ink) n += held_bytes(each);
  for (const Encoded& each : encoded) n += held_bytes(each);
  return n;
}

void Slot::release() noexcept {
  const std::size_t n_points = series.n_points;
  series = {};
  rest = {};
  series.n_points = n_points;
  for (Ink& each : ink) {
    const ImageShape shape = each.shape;
    each = {};
    each.shape = shape;
  }
  for (Encoded& each : encoded) each = {};
}

SlotPool::SlotPool(std::size_t n_slots, std::size_t n_points, const std::vector<ImageShape>& drawers,
                   std::size_t n_writers)
    : most_bytes_(std::numeric_limits<std::uint64_t>::max()) {
  for (std::size_t i = 0; i < n_slots; ++i) {
    auto slot = std::make_unique<Slot>();
    slot->series.n_points = n_points;
    slot->ink.resize(drawers.size());
    for (std::size_t drawer = 0; drawer < drawers.size(); ++drawer) slot->ink[drawer].shape = drawers[drawer];
    slot->encoded.resize(n_writers);
    free_.push_back(slot.get());
    slots_.push_back(std::move(slot));
  }
  taken_.reserve(n_slots);
}

void SlotPool::plan(std::size_t n_slots, std::uint64_t n_bytes, std::uint64_t slot_bytes) {
  const std::lock_guard lock(mutex_);
  slots_.resize(std::min(n_slots, slots_.size()));
  free_.resize(slots_.size());
  most_bytes_ = n_bytes;
  slot_bytes_ = slot_bytes;
}

// What is in flight, one more batch included.
std::uint64_t SlotPool::bytes_with_another() const {
  std::uint64_t n = slot_bytes_;
  for (const Slot* slot : taken_) n += std::max<std::uint64_t>(slot->n_bytes, slot_bytes_);
  return n;
}

// Free slots keep memory only as long as those in flight leave room for it, those used last the longest.
void SlotPool::drop_idle_memory() {
  std::uint64_t n = bytes_with_another();
  for (std::size_t i = 0; i + 1 < free_.size(); ++i) n += free_[i]->held();
  for (std::size_t i = 0; i + 1 < free_.size() && n > most_bytes_; ++i) {
    n -= free_[i]->held();
    free_[i]->release();
  }
}

Slot* SlotPool::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [&] { return stopped_ || taken_.empty() || (!free_.empty() && bytes_with_another() <= most_bytes_); });
  if (stopped_) return nullptr;
  drop_idle_memory();
  // The slot used last: its memory is the warmest.
  Slot* const slot = free_.back();
  free_.pop_back();
  taken_.push_back(slot);
  return slot;
}

void SlotPool::give_back(Slot* slot) {
  uncount(*slot);
  slot->series.clear();
  slot->rest.clear();
  for (Ink& ink : slot->ink) ink.clear();
  for (Encoded& encoded : slot->encoded) encoded.clear();
  {
    const std::lock_guard lock(mutex_);
    // What a batch took more than was expected is not kept for others, which would not count it.
    if (slot_bytes_ > 0 && slot->held() > slot_bytes_) slot->release();
    std::erase(taken_, slot);
    free_.push_back(slot);
  }
  changed_.notify_one();
}

void SlotPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

std::size_t SlotPool::n_taken() const {
  const std::lock_guard lock(mutex_);
  return taken_.size();
}

std::size_t SlotPool::size() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

}  // namespace plotmill
