#include "kernels/compiled/run_block_use.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace plotmill::test {
namespace {

using Words = std::vector<std::uint32_t>;

bool is_right(ptx::Machine& machine, std::uint32_t n) {
  constexpr std::size_t n_threads = 256;
  Words values(n), doubled(n), sums(n), sum(n_threads), greatest(n_threads);
  for (std::uint32_t i = 0; i < n; ++i) values[i] = i * 7919 % 101;
  machine.global().clear();
  const auto declare = [&](const std::string& name, Words& words, ptx::Contents contents) {
    machine.global().add(name, reinterpret_cast<std::uintptr_t>(words.data()),
                         reinterpret_cast<std::byte*>(words.data()), words.size() * sizeof(std::uint32_t), contents);
    return words.data();
  };
  machine.launch("use_block", 1, 0, declare("values", values, ptx::Contents::read_only), n,
                 declare("doubled", doubled, ptx::Contents::unwritten), declare("sums", sums, ptx::Contents::unwritten),
                 declare("sum", sum, ptx::Contents::unwritten),
                 declare("greatest", greatest, ptx::Contents::unwritten));
  // What was doubled comes to the sums from its end.
  Words backwards(n), expected(n);
  for (std::uint32_t i = 0; i < n; ++i) backwards[i] = 2 * values[n - 1 - i];
  std::exclusive_scan(backwards.begin(), backwards.end(), expected.begin(), 0U);
  const std::uint32_t all = std::accumulate(backwards.begin(), backwards.end(), 0U);
  const std::uint32_t of_sums = std::accumulate(expected.begin(), expected.end(), 0U);
  const std::uint32_t most = n == 0 ? 0 : *std::ranges::max_element(backwards);
  return sums == expected && sum == Words(n_threads, 2 * all + of_sums) && greatest == Words(n_threads, most);
}

}  // namespace

std::string run_block_use(std::string_view text) try {
  ptx::Machine machine(text);
  for (const ptx::Order order : {ptx::Order::warps, ptx::Order::lanes}) {
    machine.set_order(order, 1);
    for (const std::uint32_t n : {0U, 1U, 31U, 33U, 256U, 257U, 700U}) {
      if (!is_right(machine, n)) return "a block of " + std::to_string(n) + " items gives wrong sums";
    }
  }
  return "";
} catch (const ptx::Fault& fault) {
  return fault.what();
}

}  // namespace plotmill::test
