// One 8x8 block of a JPEG image: the forward DCT and the quantisation, bit for bit those of libjpeg's accurate integer
// method (JDCT_ISLOW). Integers only, so the same on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace plotmill::kernels {

/// Samples of a block, column by column: that of column x and row y is [8 * x + y].
using JpegSamples = std::array<std::uint8_t, 64>;

/// A quantisation table made ready. All three are row-major, as are coefficients: [8 * v + u], u horizontal frequency.
struct JpegDivisors {
  /// `steps` are the table's entries, 1..255, row-major.
  explicit JpegDivisors(const std::array<std::uint16_t, 64>& steps);

  alignas(16) std::array<std::uint16_t, 64> half;        ///< 4 * step: half of what a coefficient is divided by.
  alignas(16) std::array<std::uint16_t, 64> reciprocal;  ///< See the source.
  alignas(16) std::array<std::uint16_t, 64> scale;
};

/// Quantised coefficients of a block, row-major.
struct JpegCoefficients {
  alignas(16) std::array<std::int16_t, 64> value;
  std::uint64_t nonzero;  ///< Bit 8 * v + u is set where the coefficient is not 0.
};

/// Transforms and quantises two blocks, which may be the same.
void jpeg_transform(const JpegSamples* const (&samples)[2], const JpegDivisors& divisors, JpegCoefficients (&out)[2]);

}  // namespace plotmill::kernels
