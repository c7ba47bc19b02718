// A writer's own thread: it stores batches in order and may wait for the disk, so that no drawing thread ever does.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/run/profile.hpp"
#include "engine/run/slot.hpp"
#include "engine/run/span_record.hpp"

namespace plotmill {

/// A queue of slots and the thread that stores them.
class CommitThread {
 public:
  explicit CommitThread(std::size_t n_slots) {
    queue_.reserve(n_slots);
    taken_.reserve(n_slots);
  }

  /// What the thread does.
  struct Work {
    std::function<void(Slot&)> commit;
    std::function<void()> at_end;  ///< After the last slot, where finish() was called.

    /// Called when checkpoint_due() has come and there is no slot to commit.
    std::function<void()> checkpoint;
    std::function<Clock::time_point()> checkpoint_due;  ///< Clock::time_point::max(): never.
  };

  /// Profilers know the thread by its name. `keep_alive` is held by the thread until it ends: it may outlive a run that
  /// stalled.
  void start(const std::string& name, Work work, std::shared_ptr<void> keep_alive) {
    thread_ = std::thread([this, name, work = std::move(work), keep_alive = std::move(keep_alive)] {
      name_thread(name);
      run(work);
    });
  }

  void put(Slot* slot) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(slot);
    }
    changed_.notify_one();
  }

  /// The thread ends after the slots that are queued, finish() with a call of `at_end`.
  void finish() { set_end(End::finish); }
  void end() { set_end(End::leave); }

  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void detach() {
    if (thread_.joinable()) thread_.detach();
  }

 private:
  enum class End { none, finish, leave };

  void set_end(End end) {
    {
      const std::lock_guard lock(mutex_);
      end_ = end;
    }
    changed_.notify_one();
  }

  void run(const Work& work) {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (!wait_until(lock, work.checkpoint_due())) {
        lock.unlock();
        work.checkpoint();
        continue;
      }
      if (queue_.empty()) {
        const bool finish = end_ == End::finish;
        lock.unlock();
        if (finish) work.at_end();
        return;
      }
      std::swap(taken_, queue_);
      lock.unlock();
      for (Slot* const slot : taken_) work.commit(*slot);
      taken_.clear();
    }
  }

  // For a slot or the end. False when the time has come without one.
  bool wait_until(std::unique_lock<std::mutex>& lock, Clock::time_point time) {
    const auto has_work = [&] { return !queue_.empty() || end_ != End::none; };
    if (time != Clock::time_point::max()) return changed_.wait_until(lock, time, has_work);
    changed_.wait(lock, has_work);
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot*> queue_;
  End end_ = End::none;
  std::vector<Slot*> taken_;  // Of the thread alone; swapped with the queue, so that both keep their memory.
  std::thread thread_;
};

}  // namespace plotmill
