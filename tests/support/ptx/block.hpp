// Runs the threads of one block to their end, in one of many orders.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "support/ptx/memory.hpp"
#include "support/ptx/program.hpp"
#include "support/ptx/warp.hpp"

namespace plotmill::test::ptx {

/// Which threads go on next.
enum class Order : std::uint8_t {
  warps,  ///< Of a warp those at its lowest instruction, all at once, up to a barrier; then the next warp.
  lanes,  ///< One, drawn by chance, for some instructions drawn by chance; they meet at barriers and shuffles alone.
};

class Block {
 public:
  /// n_executed: for each instruction how many times it was executed, by however many lanes of a warp at once.
  Block(const Program& program, Memories& memories, std::vector<std::uint64_t>& n_executed);

  /// Runs block `index` of `n_blocks`. Phases count on from phases.now. Throws Fault with the line.
  void run(std::uint32_t index, std::uint32_t n_blocks, Order order, std::mt19937_64& random, Phases& phases);

 private:
  struct Lanes {
    std::array<std::uint32_t, warp_size> at;  ///< Index of each lane's next instruction.
    std::uint32_t ready, at_barrier, at_shuffle;
  };
  /// Lanes of a warp that go on together, while before `limit`, for so many instructions.
  struct Turn {
    std::uint32_t warp, lanes, limit, n_steps;
  };

  void begin(std::uint32_t index, std::uint32_t n_blocks);
  [[nodiscard]] bool next_turn(Order order, std::mt19937_64& random, Turn& turn) const;
  void run_turn(const Turn& turn);
  void shuffle(std::uint32_t warp, std::uint32_t lanes, std::uint32_t at);
  [[nodiscard]] bool pass_barrier();
  [[nodiscard]] std::uint32_t lanes_of(std::uint32_t warp) const;
  [[noreturn]] void fail(std::uint32_t at, const std::string& what) const;

  static constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();
  /// Fifty times what a block takes for a chart, lane by lane even: a program that does not end is to be told.
  static constexpr std::uint64_t most_steps = std::uint64_t{1} << 26U;

  static constexpr std::uint32_t most_steps_of_turn = 1U << 16U;

  const Program& program_;
  std::uint32_t n_threads_;
  Memories& memories_;
  std::vector<std::uint64_t>& n_executed_;
  std::vector<Warp> warps_;
  std::vector<Lanes> lanes_;
  std::uint64_t n_steps_ = 0;
};

}  // namespace plotmill::test::ptx
