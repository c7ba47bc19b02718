// See placements.hpp.
#include "stages/write/placements.hpp"

#include <algorithm>
#include <utility>

namespace plotmill {

void Placements::add_job(Entry entry) {
  const std::lock_guard lock(mutex_);
  // First, so that a job that is there can be begun even where memory is refused.
  running_.reserve(running_.size() + waiting_.size() + 1);
  waiting_.push_back(std::move(entry));
}

void Placements::run(std::uint64_t batch) {
  std::exception_ptr error;
  std::unique_lock lock(mutex_);
  const auto run_each = [&](const std::optional<std::uint64_t>& of) {
    for (;;) {
      const auto found = std::ranges::find(waiting_, of, &Entry::batch);
      if (found == waiting_.end()) return;
      if (std::exception_ptr thrown = run_one(lock, found); thrown && !error) error = std::move(thrown);
    }
  };
  run_each(batch);
  changed_.wait(lock, [&] { return std::ranges::find(running_, batch) == running_.end(); });
  run_each(std::nullopt);
  lock.unlock();
  if (error) std::rethrow_exception(error);
}

void Placements::run_all() {
  std::unique_lock lock(mutex_);
  while (!waiting_.empty() || !running_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
    } else {
      (void)run_one(lock, waiting_.begin());
    }
  }
  const std::exception_ptr error = error_;
  lock.unlock();
  if (error) std::rethrow_exception(error);
}

bool Placements::shared_is_done() const {
  const std::optional<std::uint64_t> shared;
  const std::lock_guard lock(mutex_);
  return std::ranges::find(waiting_, shared, &Entry::batch) == waiting_.end() &&
         std::ranges::find(running_, shared) == running_.end();
}

std::exception_ptr Placements::run_one(std::unique_lock<std::mutex>& lock, std::deque<Entry>::iterator entry) {
  running_.push_back(entry->batch);
  Entry taken = std::move(*entry);
  waiting_.erase(entry);
  lock.unlock();
  std::exception_ptr error;
  try {
    taken.job();
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error && !error_) error_ = error;
  running_.erase(std::ranges::find(running_, taken.batch));
  changed_.notify_all();
  return error;
}

}  // namespace plotmill
