// The stand-in for a block of a GPU, and that it shows what a GPU would get wrong.
#include "kernels/block/block.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace plotmill::kernels {
namespace {

constexpr std::uint64_t orders[]{0, 1, 2, 3, 4, 20261124};
constexpr std::uint32_t lengths[]{0, 1, 2, 3, 31, 32, 255, 256, 257, 1000};

/// Sums of neighbours, twice: each from what the step before left. Right only if the steps are two phases.
std::vector<int> sums_of_neighbours(HostBlock block, std::uint32_t n, bool in_one_phase) {
  std::vector<int> first(n, 0);
  std::vector<int> second(n, 0);
  const auto step_one = [&](std::uint32_t i) { first[i] = static_cast<int>(i * i % 17); };
  const auto step_two = [&](std::uint32_t i) { second[i] = first[i] + first[(i + 1) % n]; };
  if (in_one_phase) {
    block.for_each(n, [&](std::uint32_t i) {
      step_one(i);
      step_two(i);
    });
  } else {
    block.for_each(n, step_one);
    block.for_each(n, step_two);
  }
  return second;
}

}  // namespace

TEST_CASE("block: each item is done once, whatever the order") {
  for (const std::uint64_t order : orders) {
    HostBlock block(order);
    for (const std::uint32_t n : lengths) {
      std::vector<int> times(n, 0);
      block.for_each(n, [&](std::uint32_t i) { ++times[i]; });
      CHECK(std::count(times.begin(), times.end(), 1) == n);
    }
  }
}

TEST_CASE("block: orders differ") {
  std::vector<std::vector<std::uint32_t>> seen;
  for (const std::uint64_t order : orders) {
    seen.emplace_back();
    HostBlock(order).for_each(100, [&](std::uint32_t i) { seen.back().push_back(i); });
    CHECK(std::count(seen.begin(), seen.end(), seen.back()) == 1);
  }
  CHECK(std::ranges::is_sorted(seen[0]));
  CHECK(std::is_sorted(seen[1].rbegin(), seen[1].rend()));
}

TEST_CASE("block: reductions and sums are those of plain loops") {
  for (const std::uint64_t order : orders) {
    HostBlock block(order);
    for (const std::uint32_t n : lengths) {
      std::vector<std::uint32_t> values(n);
      for (std::uint32_t i = 0; i < n; ++i) values[i] = i * 7919 % 101;
      const auto value = [&](std::uint32_t i) { return values[i]; };
      const auto greater = [](std::uint32_t a, std::uint32_t b) { return std::max(a, b); };
      CHECK(block.reduce(n, 0U, value, greater) == (n == 0 ? 0 : *std::ranges::max_element(values)));

      std::vector<std::uint32_t> expected(n);
      std::exclusive_scan(values.begin(), values.end(), expected.begin(), 5U);
      const std::uint32_t all = std::accumulate(values.begin(), values.end(), 5U);
      // In place: an item may overwrite its own value.
      CHECK(block.exclusive_sums(n, 5U, value, [&](std::uint32_t i, std::uint32_t sum) { values[i] = sum; }) == all);
      CHECK(values == expected);
    }
  }
}

TEST_CASE("block: a missing border between two phases shows in some order") {
  const std::vector<int> right = sums_of_neighbours(HostBlock(0), 300, false);
  std::size_t n_wrong = 0;
  for (const std::uint64_t order : orders) {
    CHECK(sums_of_neighbours(HostBlock(order), 300, false) == right);
    if (sums_of_neighbours(HostBlock(order), 300, true) != right) ++n_wrong;
  }
  CHECK(n_wrong > 0);
}

}  // namespace plotmill::kernels
