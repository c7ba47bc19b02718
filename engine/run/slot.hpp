// One batch in flight, and the memory of everything that is made of it. The number of slots, and what is in them,
// bounds a run's memory: the reader waits for a free one.
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
///
/// Where the ink of a batch is more than its share of memory, the batch passes the graph in parts: the series of one
/// part are in `series`, those to come in `rest`, and `position` is the part's.
struct Slot {
  BatchPosition position;
  Sequences series, rest;
  std::vector<Ink> ink;          ///< One for each drawer.
  std::vector<Encoded> encoded;  ///< One for each writer.
  std::atomic<std::size_t> n_drawers_left = 0;
  std::atomic<std::size_t> n_writers_left = 0;
  std::atomic<std::uint64_t> n_bytes = 0;  ///< Of series, ink and encoded images, as far as they have been counted.
  Baton baton;

  /// Leaves the first n series, whose ink there is, and puts the others into the empty `rest`.
  void cut(std::size_t n);
  /// Goes on with `rest`, once all that was made of the part before has been stored.
  void next_part();

  [[nodiscard]] bool is_last_part() const noexcept { return rest.size() == 0; }

  /// All memory, used or not.
  [[nodiscard]] std::uint64_t held() const noexcept;
  void release() noexcept;
};

/// The slots of a run. All functions are for any thread.
class SlotPool {
 public:
  SlotPool(std::size_t n_slots, std::size_t n_points, const std::vector<ImageShape>& drawers, std::size_t n_writers);

  /// From now on there are so many slots, no more than before, which may hold n_bytes together; each is expected to
  /// take slot_bytes. Before the first take().
  void plan(std::size_t n_slots, std::uint64_t n_bytes, std::uint64_t slot_bytes);

  /// Waits for a free slot, and until what is in the others leaves room for it: a batch that took more than was
  /// expected has others wait. With no other in flight there is always room. Null after stop().
  [[nodiscard]] Slot* take();
  void give_back(Slot* slot);

  /// Tells of bytes that a stage has put into a slot, until uncount() or give_back().
  void count(Slot& slot, std::uint64_t n_bytes) noexcept {
    slot.n_bytes += n_bytes;
    n_bytes_ += n_bytes;
  }
  /// Forgets what has been counted of a slot.
  void uncount(Slot& slot) noexcept { n_bytes_ -= slot.n_bytes.exchange(0); }
  [[nodiscard]] std::uint64_t n_bytes() const noexcept { return n_bytes_; }

  /// Wakes take(), now and from now on.
  void stop();

  [[nodiscard]] std::size_t n_taken() const;
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] std::uint64_t bytes_with_another() const;
  void drop_idle_memory();

  std::vector<std::unique_ptr<Slot>> slots_;
  std::atomic<std::uint64_t> n_bytes_ = 0;
  mutable std::mutex mutex_;  // Of what follows.
  std::condition_variable changed_;
  std::vector<Slot*> free_, taken_;
  std::uint64_t most_bytes_, slot_bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace plotmill
