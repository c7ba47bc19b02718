// The order in which a JPEG block's coefficients are written (T.81 figure A.6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace plotmill::kernels {

/// Row-major index of each zigzag index.
inline constexpr std::array<std::uint8_t, 64> row_major_of_zigzag = [] {
  std::array<std::uint8_t, 64> order{};
  std::size_t n = 0;
  // Diagonal by diagonal; even ones go up to the right, odd ones down to the left.
  for (std::size_t diagonal = 0; diagonal < 15; ++diagonal) {
    for (std::size_t i = 0; i <= diagonal; ++i) {
      const std::size_t v = diagonal % 2 == 0 ? diagonal - i : i;
      const std::size_t u = diagonal - v;
      if (u < 8 && v < 8) order[n++] = static_cast<std::uint8_t>(8 * v + u);
    }
  }
  return order;
}();

/// Bits of zigzag order for each value of each byte of a row-major set of coefficients.
inline constexpr std::array<std::array<std::uint64_t, 256>, 8> zigzag_bits_of_row = [] {
  std::array<std::array<std::uint64_t, 256>, 8> bits{};
  for (std::size_t k = 0; k < 64; ++k) {
    const std::size_t u = row_major_of_zigzag[k] % 8;
    auto& row = bits[row_major_of_zigzag[k] / 8];
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if ((byte >> u & 1U) != 0) row[byte] |= std::uint64_t{1} << k;
    }
  }
  return bits;
}();

/// The same set of coefficients in zigzag order.
[[nodiscard]] inline std::uint64_t to_zigzag(std::uint64_t row_major) {
  std::uint64_t zigzag = 0;
  for (std::size_t v = 0; v < 8; ++v) zigzag |= zigzag_bits_of_row[v][row_major >> (8 * v) & 0xffU];
  return zigzag;
}

}  // namespace plotmill::kernels
