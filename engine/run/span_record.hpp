// Spans of one node, in memory that is asked for once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plotmill {

using Clock = std::chrono::steady_clock;

/// Keeps the spans of every batch until it is full; from then on of every second, then every fourth, and so on, so that
/// what is kept stays evenly spread over the run.
class SpanRecord {
 public:
  struct Entry {
    std::uint64_t batch;
    std::uint32_t thread;
    std::uint32_t images;
    Clock::time_point begin, end;
  };

  explicit SpanRecord(std::size_t capacity) : capacity_(capacity) { entries_.reserve(capacity); }

  /// Asks for no memory.
  void add(const Entry& entry) {
    if (entry.batch % every_nth_ != 0) return;
    while (entries_.size() == capacity_) thin();
    if (entry.batch % every_nth_ == 0) entries_.push_back(entry);
  }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::uint64_t every_nth() const noexcept { return every_nth_; }

 private:
  void thin() {
    every_nth_ *= 2;
    std::erase_if(entries_, [&](const Entry& entry) { return entry.batch % every_nth_ != 0; });
  }

  std::size_t capacity_;
  std::vector<Entry> entries_;
  std::uint64_t every_nth_ = 1;
};

}  // namespace plotmill
