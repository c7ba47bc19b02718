#include "support/ptx/block.hpp"

#include <algorithm>
#include <bit>

#include "support/ptx/fault.hpp"

namespace plotmill::test::ptx {
namespace {

std::uint32_t lowest_lane(std::uint32_t lanes) { return static_cast<std::uint32_t>(std::countr_zero(lanes)); }

}  // namespace

Block::Block(const Program& program, Memories& memories, std::vector<std::uint64_t>& n_executed)
    : program_(program),
      n_threads_(program.kernel.n_threads),
      memories_(memories),
      n_executed_(n_executed),
      warps_((n_threads_ + warp_size - 1) / warp_size),
      lanes_(warps_.size()) {
  n_executed_.resize(program.code.size());
  for (std::uint32_t w = 0; w < warps_.size(); ++w) {
    Warp& warp = warps_[w];
    warp.first_thread = w * warp_size;
    warp.words32.resize(std::size_t{program.n_words32} * warp_size);
    warp.words64.resize(std::size_t{program.n_words64} * warp_size);
    warp.predicates.resize(program.n_predicates);
    for (const auto& [at, value] : program.constants32) {
      std::fill_n(warp.words<std::uint32_t>(at), warp_size, static_cast<std::uint32_t>(value));
    }
    for (const auto& [at, value] : program.constants64) std::fill_n(warp.words<std::uint64_t>(at), warp_size, value);
    for (const auto& [at, value] : program.constant_predicates) warp.predicates[at] = value ? all_lanes : 0;
  }
}

void Block::run(std::uint32_t index, std::uint32_t n_blocks, Order order, std::mt19937_64& random, Phases& phases) {
  begin(index, n_blocks);
  n_steps_ = 0;
  phases.block = ++phases.now;
  do {
    memories_.global.set_phases(phases);
    for (Memory* const own : {&memories_.shared, &memories_.local}) {
      own->set_phases({phases.block, phases.block, phases.now});
      own->must_be_written_since(phases.block);
    }
    for (Turn turn{}; next_turn(order, random, turn);) run_turn(turn);
    ++phases.now;
  } while (pass_barrier());
}

void Block::begin(std::uint32_t index, std::uint32_t n_blocks) {
  for (std::uint32_t w = 0; w < warps_.size(); ++w) {
    lanes_[w] = {{}, lanes_of(w), 0, 0};
    for (const auto& [at, special] : program_.specials) {
      for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
        warps_[w].words<std::uint32_t>(at)[lane] = special == Special::tid     ? w * warp_size + lane
                                                   : special == Special::ntid  ? n_threads_
                                                   : special == Special::ctaid ? index
                                                                               : n_blocks;
      }
    }
  }
}

std::uint32_t Block::lanes_of(std::uint32_t warp) const {
  const std::uint32_t n = std::min(warp_size, n_threads_ - warp * warp_size);
  return all_lanes >> (warp_size - n);
}

bool Block::next_turn(Order order, std::mt19937_64& random, Turn& turn) const {
  const auto n_warps = static_cast<std::uint32_t>(lanes_.size());
  const std::uint32_t first = order == Order::lanes ? static_cast<std::uint32_t>(random() % n_warps) : 0;
  for (std::uint32_t i = 0; i < n_warps; ++i) {
    turn.warp = (first + i) % n_warps;
    const Lanes& lanes = lanes_[turn.warp];
    if (lanes.ready == 0) continue;
    if (order == Order::lanes) {
      auto n_before = static_cast<std::uint32_t>(random()) % static_cast<std::uint32_t>(std::popcount(lanes.ready));
      std::uint32_t left = lanes.ready;
      for (; n_before > 0; --n_before) left &= left - 1;
      turn = {turn.warp, left & (0 - left), no_limit, 1 + static_cast<std::uint32_t>(random() % 64)};
      return true;
    }
    std::uint32_t least = no_limit;
    for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
      least = (lanes.ready >> lane & 1U) != 0 ? std::min(least, lanes.at[lane]) : least;
    }
    turn = {turn.warp, 0, no_limit, most_steps_of_turn};
    for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
      if ((lanes.ready >> lane & 1U) == 0) continue;
      if (lanes.at[lane] == least) {
        turn.lanes |= 1U << lane;
      } else {
        turn.limit = std::min(turn.limit, lanes.at[lane]);
      }
    }
    return true;
  }
  return false;
}

void Block::run_turn(const Turn& turn) {
  Warp& warp = warps_[turn.warp];
  Lanes& lanes = lanes_[turn.warp];
  const auto put = [&](std::uint32_t which, std::uint32_t at) {
    for (; which != 0; which &= which - 1) lanes.at[lowest_lane(which)] = at;
  };
  std::uint32_t at = lanes.at[lowest_lane(turn.lanes)];
  if (n_steps_ > most_steps) fail(at, "the block does not end");
  std::uint32_t n_steps = 0;
  for (; at < turn.limit && n_steps < turn.n_steps; ++n_steps) {
    const Instruction& instruction = program_.code[at];
    ++n_executed_[at];
    std::uint32_t active = turn.lanes;
    if (instruction.has_guard) {
      const std::uint32_t guard = warp.predicates[instruction.guard];
      active &= instruction.guard_negated ? ~guard : guard;
    }
    if (instruction.effect == Effect::compute) {
      if (active != 0) {
        try {
          instruction.execute(warp, memories_, instruction, active);
        } catch (const Fault& fault) {
          fail(at, fault.what());
        }
      }
      ++at;
      continue;
    }
    const std::uint32_t others = turn.lanes & ~active;
    if (instruction.effect == Effect::branch && (active == 0 || others == 0)) {
      at = active == 0 ? at + 1 : instruction.target;
      continue;
    }
    // From here on not all go on together.
    put(others, at + 1);
    put(active, instruction.effect == Effect::branch ? instruction.target : at);
    if (instruction.effect != Effect::branch) lanes.ready &= ~active;
    if (instruction.effect == Effect::barrier) lanes.at_barrier |= active;
    if (instruction.effect == Effect::shuffle) {
      lanes.at_shuffle |= active;
      shuffle(turn.warp, active, at);
    }
    n_steps_ += n_steps + 1;
    return;
  }
  n_steps_ += n_steps;
  put(turn.lanes, at);
}

/// Does the shuffle that `lanes` have come to if all its members wait there.
void Block::shuffle(std::uint32_t warp, std::uint32_t lanes, std::uint32_t at) {
  if (lanes == 0) return;
  const Instruction& instruction = program_.code[at];
  Lanes& own = lanes_[warp];
  const std::uint32_t* const members = warps_[warp].words<std::uint32_t>(instruction.registers[5]);
  const std::uint32_t wanted = members[lowest_lane(lanes)] & lanes_of(warp);
  std::uint32_t here = 0;
  for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
    if ((own.at_shuffle >> lane & 1U) != 0 && own.at[lane] == at) here |= 1U << lane;
  }
  if ((lanes & ~wanted) != 0) fail(at, "a lane that shuffles is no member");
  if ((wanted & ~here) != 0) return;
  try {
    instruction.execute(warps_[warp], memories_, instruction, wanted);
  } catch (const Fault& fault) {
    fail(at, "warp " + std::to_string(warp) + ": " + fault.what());
  }
  own.at_shuffle &= ~wanted;
  own.ready |= wanted;
  for (std::uint32_t left = wanted; left != 0; left &= left - 1) own.at[lowest_lane(left)] = at + 1;
}

/// Lets all threads go on that wait at a barrier; false where all have ended. They must all wait at the same one.
bool Block::pass_barrier() {
  bool all_ended = true;
  std::uint32_t at = no_limit;
  for (const Lanes& lanes : lanes_) {
    if (lanes.at_shuffle != 0) {
      fail(lanes.at[lowest_lane(lanes.at_shuffle)], "waits for lanes that do not come");
    }
    if (lanes.at_barrier == 0) continue;
    all_ended = false;
    if (at == no_limit) at = lanes.at[lowest_lane(lanes.at_barrier)];
  }
  if (all_ended) return false;
  for (std::uint32_t w = 0; w < lanes_.size(); ++w) {
    Lanes& lanes = lanes_[w];
    for (std::uint32_t left = lanes_of(w); left != 0; left &= left - 1) {
      const std::uint32_t lane = lowest_lane(left);
      const bool waits = (lanes.at_barrier >> lane & 1U) != 0;
      if (waits && lanes.at[lane] == at) {
        ++lanes.at[lane];
        continue;
      }
      const std::string other = "a barrier that is divergent: thread " + std::to_string(w * warp_size + lane);
      if (!waits) fail(at, other + " has ended");
      fail(at, other + " waits at line " + std::to_string(program_.kernel.statements[lanes.at[lane]].line));
    }
    lanes.ready = lanes.at_barrier;
    lanes.at_barrier = 0;
  }
  return true;
}

void Block::fail(std::uint32_t at, const std::string& what) const {
  if (at >= program_.kernel.statements.size()) throw Fault("the end of " + program_.kernel.name + ": " + what);
  const Statement& statement = program_.kernel.statements[at];
  throw Fault("line " + std::to_string(statement.line) + ": " + statement.text + " " + what);
}

}  // namespace plotmill::test::ptx
