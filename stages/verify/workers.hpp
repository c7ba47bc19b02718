// Threads that decompress and hash what one thread reads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/deflate/inflate_check.hpp"

namespace plotmill {

/// What a thread keeps from one piece of work to the next.
struct VerifyScratch {
  kernels::InflateCheck inflate;
  std::vector<std::uint8_t> file, stream;
};

/// Of one thread, which hands out work. What waits and what is being done holds `most_bytes`, or is one piece.
class VerifyWorkers {
 public:
  using Work = std::function<void(VerifyScratch&)>;
  static constexpr std::size_t most_bytes = std::size_t{32} << 20U;

  /// Where the system gives no thread, work is done by whoever hands it out.
  explicit VerifyWorkers(std::size_t n_threads);
  VerifyWorkers(const VerifyWorkers&) = delete;
  VerifyWorkers& operator=(const VerifyWorkers&) = delete;

  /// Leaves work that was not begun.
  ~VerifyWorkers();

  [[nodiscard]] std::size_t n_threads() const noexcept { return threads_.size(); }

  /// Waits until there is room for work that holds `n_bytes`. Throws what work has thrown before.
  void add(std::size_t n_bytes, Work work);

  /// Waits until all work is done. Throws what any has thrown.
  void finish();

  /// Leaves work that was not begun and waits for the rest: what work refers to may go away then.
  void leave() noexcept;

 private:
  struct Item {
    std::size_t n_bytes = 0;
    Work work;
  };

  void work_on();
  void throw_error();

  std::mutex mutex_;
  std::condition_variable added_, done_;
  std::deque<Item> waiting_;
  std::size_t n_bytes_ = 0;  ///< Waiting or in work.
  std::size_t n_items_ = 0;
  bool ended_ = false;
  std::exception_ptr error_;
  VerifyScratch own_;
  std::vector<std::thread> threads_;
};

}  // namespace plotmill
