// Quantised blocks to the codes of a baseline JPEG scan (T.81 F.1.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/jpeg/bits.hpp"
#include "kernels/jpeg/dct.hpp"
#include "kernels/jpeg/setup.hpp"

namespace plotmill::kernels {

/// Codes blocks of one component, in order. `blank_dc` is the value of frequency 0 of a block without ink, whose other
/// coefficients are 0. Allocates only when it is made.
class JpegScan {
 public:
  /// Bytes that one block takes at most before zero bytes are put in: 11 bits and their code, 10 bits and their code
  /// for every other coefficient, no code being longer than 16 bits.
  static constexpr std::size_t max_block_bytes = (16 + 11 + 63 * (16 + 10) + 7) / 8;

  JpegScan(const JpegSetup& setup, int blank_dc);

  /// Memory that one object holds besides itself.
  [[nodiscard]] static constexpr std::size_t footprint() { return 16 * 2 * limit * sizeof(Packed); }

  /// Begins an image.
  void restart() { last_dc_ = 0; }

  void put(const JpegCoefficients& block, JpegBitWriter& bits);

  /// `n` blocks without ink.
  void put_blank(std::size_t n, JpegBitWriter& bits);

 private:
  /// A code of up to 26 bits and its length: code << 5 | length.
  using Packed = std::uint32_t;

  /// Values are -1024..1023: the greatest transform of 64 samples of -128..127, at frequency 4, is 1020.
  static constexpr int limit = 1024;

  [[nodiscard]] static Packed pack(JpegCode symbol, int value);
  void add_dc(int dc, JpegBitWriter& bits);

  JpegHuffmanTable dc_;
  std::vector<Packed> ac_;  ///< [16][2 * limit]: code of each value behind 0..15 zeros, with its additional bits.
  JpegCode zeros16_, end_;
  int blank_dc_;
  std::uint64_t blanks_ = 0;  ///< Codes of n_blanks_ blocks without ink behind another one.
  std::size_t n_blanks_;
  unsigned blank_length_;  ///< Bits of one of them.
  int last_dc_ = 0;
};

}  // namespace plotmill::kernels
