// Threads that draw and compress blocks of charts, and the bounded queue that hands blocks from one to another.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/peers/opencv_canvas.hpp"

namespace plotmill::bench {

/// Streams of neighbouring charts.
struct Block {
  std::size_t first = 0;
  Bytes bytes;
  std::vector<std::size_t> begin;  ///< [n + 1]
};

/// A queue that makes the giver wait while it is full. take() gives nothing once it is closed and empty.
class Queue {
 public:
  explicit Queue(std::size_t most) : most_(most) {}

  void put(std::unique_ptr<Block> block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocks_.size() < most_ || closed_; });
    blocks_.push_back(std::move(block));
    changed_.notify_all();
  }

  std::unique_ptr<Block> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !blocks_.empty() || closed_; });
    if (blocks_.empty()) return nullptr;
    std::unique_ptr<Block> block = std::move(blocks_.front());
    blocks_.pop_front();
    changed_.notify_all();
    return block;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Block>> blocks_;
  bool closed_ = false;
};

/// Runs work(begin, end) for all blocks of charts on `n_threads` threads; make_work() makes one for each thread. The
/// first failure ends the run.
template <class MakeWork>
void for_blocks(std::size_t n, int n_threads, const MakeWork& make_work) {
  constexpr std::size_t block = 32;
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < n_threads; ++i) {
    threads.emplace_back([&] {
      try {
        auto work = make_work();
        for (std::size_t begin = next.fetch_add(block); begin < n; begin = next.fetch_add(block)) {
          work(begin, std::min(begin + block, n));
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = n;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace plotmill::bench
