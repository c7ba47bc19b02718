// What is left to do of batches that were committed, as Writer::place() has it: any thread does it, and each thing is
// done once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace plotmill {

/// All functions are for any thread.
class Placements {
 public:
  using Job = std::function<void()>;

  /// Something of a batch, which may use the batch's memory until run() of it returns.
  void add(std::uint64_t batch, Job job) { add_job({batch, std::move(job)}); }

  /// Something that uses no batch's memory.
  void add_shared(Job job) { add_job({{}, std::move(job)}); }

  /// Does what is left of a batch, waits for what others do of it, and does what is shared as far as nobody has begun
  /// it. Throws what these throw.
  void run(std::uint64_t batch);

  /// Does or waits for all that was added, also what was added meanwhile. Throws the first exception that any job has
  /// ever thrown: a writer that has lost bytes must not tell of a checkpoint.
  void run_all();

  /// Whether nothing that is shared is left, and nobody is at it.
  [[nodiscard]] bool shared_is_done() const;

 private:
  struct Entry {
    std::optional<std::uint64_t> batch;
    Job job;
  };

  void add_job(Entry entry);
  std::exception_ptr run_one(std::unique_lock<std::mutex>& lock, std::deque<Entry>::iterator entry);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  std::vector<std::optional<std::uint64_t>> running_;  ///< The batch of each.
  std::exception_ptr error_;                           ///< The first one.
};

}  // namespace plotmill
