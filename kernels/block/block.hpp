// How kernels are written that run on a GPU and can be stepped through without one. A kernel is a function template
// over a Block, a sequence of phases. Each phase does its items in no order, on all threads of the block, and is over
// before the next one begins: nothing that an item does may depend on another item of its phase. What lies between two
// phases is done by every thread and must not write to memory.
//
//   block.for_each(n, item)                     calls item(i) for all i < n
//   block.reduce(n, none, value, combine)       value(i) of all i < n combined, in no order; none changes nothing
//   block.exclusive_sums(n, start, value, put)  calls put(i, start + value(0) + ... + value(i - 1)) and returns the sum
//                                               with all n; put(i) may overwrite what value(i) alone reads
//   block.or_bits(word, bits)                 sets bits of a word to which other items set bits as well
//
// All threads get what reduce() and exclusive_sums() return. HostBlock is here, CudaBlock in cuda.cuh.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace plotmill::kernels {

/// Does the items one after another, in an order that differs from phase to phase.
class HostBlock {
 public:
  /// 0: forwards; 1: backwards; else an order drawn from it. A kernel that lacks a border between two phases gives
  /// other results in some order.
  explicit HostBlock(std::uint64_t order = 0) : order_(order), state_(order) {}

  template <class Item>
  void for_each(std::uint32_t n, Item item) {
    const Steps steps = next_steps(n);
    std::uint64_t i = steps.start;
    for (std::uint32_t count = 0; count < n; ++count) {
      item(static_cast<std::uint32_t>(i));
      i = (i + steps.step) % n;
    }
  }

  template <class T, class Value, class Combine>
  T reduce(std::uint32_t n, T none, Value value, Combine combine) {
    for_each(n, [&](std::uint32_t i) { none = combine(none, value(i)); });
    return none;
  }

  template <class T, class Value, class Put>
  T exclusive_sums(std::uint32_t n, T start, Value value, Put put) {
    std::vector<T> sums(n);
    for_each(n, [&](std::uint32_t i) { sums[i] = value(i); });
    for (T& sum : sums) {
      const T before = start;
      start = start + sum;
      sum = before;
    }
    for_each(n, [&](std::uint32_t i) { put(i, sums[i]); });
    return start;
  }

  static void or_bits(std::uint32_t& word, std::uint32_t bits) { word |= bits; }

 private:
  struct Steps {
    std::uint64_t start, step;
  };

  /// Where to begin and how far to go on each time, modulo n.
  Steps next_steps(std::uint32_t n) {
    if (order_ == 0 || n < 2) return {0, 1};
    if (order_ == 1) return {n - std::uint64_t{1}, n - std::uint64_t{1}};
    std::uint64_t step = 1 + random() % (n - 1);
    while (std::gcd(step, std::uint64_t{n}) != 1) ++step;
    return {random() % n, step};
  }

  std::uint64_t random() {  // Knuth's linear congruential generator.
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33U;
  }

  std::uint64_t order_, state_;
};

}  // namespace plotmill::kernels
