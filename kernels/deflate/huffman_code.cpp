// See huffman_code.hpp.
#include "kernels/deflate/huffman_code.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace plotmill::kernels {
namespace {

/// A symbol, or two packages of the level below.
struct Package {
  std::uint64_t weight;
  std::vector<std::uint16_t> symbols;
};

}  // namespace

std::vector<std::uint8_t> limited_code_lengths(std::span<const std::uint64_t> counts, unsigned max_bits) {
  std::vector<Package> leaves;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
    if (counts[symbol] > 0) leaves.push_back({counts[symbol], {static_cast<std::uint16_t>(symbol)}});
  }
  std::vector<std::uint8_t> lengths(counts.size(), 0);
  if (leaves.size() <= 1) {
    for (const Package& leaf : leaves) lengths[leaf.symbols.front()] = 1;
    return lengths;
  }
  assert(leaves.size() <= std::size_t{1} << max_bits);
  const auto lighter = [](const Package& a, const Package& b) { return a.weight < b.weight; };
  std::stable_sort(leaves.begin(), leaves.end(), lighter);

  // Each level pairs up the level below and merges the pairs with the leaves. A symbol's code is as long as the number
  // of the 2n - 2 lightest packages of the last level that hold it.
  std::vector<Package> level = leaves;
  for (unsigned bits = 1; bits < max_bits; ++bits) {
    std::vector<Package> pairs;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      Package pair{level[i].weight + level[i + 1].weight, level[i].symbols};
      pair.symbols.insert(pair.symbols.end(), level[i + 1].symbols.begin(), level[i + 1].symbols.end());
      pairs.push_back(std::move(pair));
    }
    level.clear();
    std::merge(leaves.begin(), leaves.end(), pairs.begin(), pairs.end(), std::back_inserter(level), lighter);
  }
  for (std::size_t i = 0; i < 2 * leaves.size() - 2; ++i) {
    for (const std::uint16_t symbol : level[i].symbols) ++lengths[symbol];
  }
  return lengths;
}

std::vector<std::uint16_t> canonical_codes(std::span<const std::uint8_t> lengths) {
  std::array<std::uint32_t, 17> n_of_length{};
  for (const std::uint8_t length : lengths) ++n_of_length[length];
  n_of_length[0] = 0;
  std::array<std::uint32_t, 17> next{};
  for (std::size_t bits = 1; bits < next.size(); ++bits) next[bits] = (next[bits - 1] + n_of_length[bits - 1]) << 1U;
  std::vector<std::uint16_t> codes(lengths.size(), 0);
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const std::uint8_t length = lengths[symbol];
    if (length == 0) continue;
    const std::uint32_t code = next[length]++;
    std::uint32_t reversed = 0;
    for (unsigned bit = 0; bit < length; ++bit) reversed |= (code >> bit & 1U) << (length - 1U - bit);
    codes[symbol] = static_cast<std::uint16_t>(reversed);
  }
  return codes;
}

}  // namespace plotmill::kernels
