// A writer's own thread: it stores batches in order and may wait for the disk, so that no drawing thread ever does.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/profile.hpp"
#include "engine/slot.hpp"

namespace plotmill {

/// A queue of slots and the thread that stores them.
class CommitThread {
 public:
  explicit CommitThread(std::size_t n_slots) {
    queue_.reserve(n_slots);
    taken_.reserve(n_slots);
  }

  /// The thread, which profilers know by its name, calls `commit` for each slot and, where finish() was called,
  /// `at_end` after the last. `keep_alive` is held by the thread until it ends: the thread may outlive a run that
  /// stalled.
  void start(const std::string& name, std::function<void(Slot&)> commit, std::function<void()> at_end,
             std::shared_ptr<void> keep_alive) {
    thread_ = std::thread(
        [this, name, commit = std::move(commit), at_end = std::move(at_end), keep_alive = std::move(keep_alive)] {
          name_thread(name);
          run(commit, at_end);
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

  void run(const std::function<void(Slot&)>& commit, const std::function<void()>& at_end) {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !queue_.empty() || end_ != End::none; });
      if (queue_.empty()) {
        const bool finish = end_ == End::finish;
        lock.unlock();
        if (finish) at_end();
        return;
      }
      std::swap(taken_, queue_);
      lock.unlock();
      for (Slot* const slot : taken_) commit(*slot);
      taken_.clear();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot*> queue_;
  End end_ = End::none;
  std::vector<Slot*> taken_;  // Of the thread alone; swapped with the queue, so that both keep their memory.
  std::thread thread_;
};

}  // namespace plotmill
