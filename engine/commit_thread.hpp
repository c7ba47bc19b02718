// A writer's own thread: it stores batches in order and may wait for the disk, so that no drawing thread ever does.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/slot.hpp"

namespace plotmill {

/// A queue of calls and the thread that makes them. The queue is bounded by what is put in: each slot once, and an end.
class CommitThread {
 public:
  /// `keep_alive` is held by the thread until it ends: the thread may outlive a run that stalled.
  void start(std::shared_ptr<void> keep_alive) {
    thread_ = std::thread([this, keep_alive = std::move(keep_alive)]() mutable {
      for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !calls_.empty(); });
        const std::function<void()> call = std::move(calls_.front());
        calls_.pop_front();
        lock.unlock();
        if (!call) return;
        call();
      }
    });
  }

  void put(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
  }

  /// The thread ends after the calls that are queued.
  void end() { put(nullptr); }

  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void detach() {
    if (thread_.joinable()) thread_.detach();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  std::thread thread_;
};

}  // namespace plotmill
