// The slots of a run.
#include "engine/run/slot.hpp"

namespace plotmill {

SlotPool::SlotPool(std::size_t n_slots, std::size_t n_points, const std::vector<ImageShape>& drawers,
                   std::size_t n_writers) {
  for (std::size_t i = 0; i < n_slots; ++i) {
    auto slot = std::make_unique<Slot>();
    slot->series.n_points = n_points;
    slot->ink.resize(drawers.size());
    for (std::size_t drawer = 0; drawer < drawers.size(); ++drawer) slot->ink[drawer].shape = drawers[drawer];
    slot->encoded.resize(n_writers);
    free_.push_back(slot.get());
    slots_.push_back(std::move(slot));
  }
}

Slot* SlotPool::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || !free_.empty(); });
  if (stopped_) return nullptr;
  // The slot used last: its memory is the warmest.
  Slot* const slot = free_.back();
  free_.pop_back();
  return slot;
}

void SlotPool::give_back(Slot* slot) {
  n_bytes_ -= slot->n_bytes.exchange(0);
  slot->series.clear();
  for (Ink& ink : slot->ink) ink.clear();
  for (Encoded& encoded : slot->encoded) encoded.clear();
  {
    const std::lock_guard lock(mutex_);
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
  return slots_.size() - free_.size();
}

}  // namespace plotmill
