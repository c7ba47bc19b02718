// One batch in flight, and the memory of everything that is made of it. The number of slots is what bounds a run's
// memory: the reader waits for a free one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "plotmill/stage.hpp"

namespace plotmill {

/// Says that what was done before leave() is seen after enter(). oneTBB sees to that already where it hands a batch
/// from node to node or a lane from thread to thread; this tells it to thread sanitizer, which can't look into the
/// packaged library.
class Baton {
 public:
  void enter() noexcept { (void)count_.load(std::memory_order_acquire); }
  void leave() noexcept { count_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  std::atomic<unsigned> count_ = 0;
};

/// Each part is written by one stage and then only read, so stages that share a batch need no lock. Buffers keep their
/// memory from batch to batch.
struct Slot {
  BatchPosition position;
  Sequences series;
  std::vector<Ink> ink;          ///< One for each drawer.
  std::vector<Encoded> encoded;  ///< One for each writer.
  std::atomic<std::size_t> n_writers_left = 0;
  std::atomic<std::uint64_t> n_bytes = 0;  ///< Of series, ink and encoded images, as far as they have been counted.
  Baton baton;
};

/// The slots of a run. All functions are for any thread.
class SlotPool {
 public:
  SlotPool(std::size_t n_slots, std::size_t n_points, const std::vector<ImageShape>& drawers, std::size_t n_writers);

  /// Waits for a free slot. Null after stop().
  [[nodiscard]] Slot* take();
  void give_back(Slot* slot);

  /// Tells of bytes that a stage has put into a slot, until it is given back.
  void count(Slot& slot, std::uint64_t n_bytes) noexcept {
    slot.n_bytes += n_bytes;
    n_bytes_ += n_bytes;
  }
  [[nodiscard]] std::uint64_t n_bytes() const noexcept { return n_bytes_; }

  /// Wakes take(), now and from now on.
  void stop();

  [[nodiscard]] std::size_t n_taken() const;
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

 private:
  std::vector<std::unique_ptr<Slot>> slots_;
  std::atomic<std::uint64_t> n_bytes_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot*> free_;
  bool stopped_ = false;
};

}  // namespace plotmill
