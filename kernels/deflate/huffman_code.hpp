// Huffman codes with a limit on their length, in the form that deflate stores (RFC 1951, 3.2.2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plotmill::kernels {

/// Code lengths of the least total cost with none above `max_bits`, for symbols that occur `counts` times: the
/// package-merge algorithm (Larmore and Hirschberg 1990). A symbol that never occurs gets 0: no code. Needs at most
/// 2^max_bits symbols that occur. A single one gets length 1.
[[nodiscard]] std::vector<std::uint8_t> limited_code_lengths(std::span<const std::uint64_t> counts, unsigned max_bits);

/// The codes that belong to these lengths, each with its first bit lowest, as deflate's streams take it.
[[nodiscard]] std::vector<std::uint16_t> canonical_codes(std::span<const std::uint8_t> lengths);

}  // namespace plotmill::kernels
