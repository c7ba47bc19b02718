// See jpeg_scan.hpp.
#include "kernels/jpeg_scan.hpp"

#include <bit>
#include <cassert>
#include <cstdlib>

#include "kernels/jpeg_zigzag.hpp"

namespace plotmill::kernels {

namespace {

// T.81 F.1.2.1: the number of additional bits of a value, and below them the bits: those of the value where it is
// positive, of the value minus one where it is negative.
unsigned n_additional(int value) {
  return static_cast<unsigned>(std::bit_width(static_cast<unsigned>(std::abs(value))));
}

unsigned additional(int value, unsigned n) {
  return static_cast<unsigned>(value < 0 ? value - 1 : value) & ((1U << n) - 1);
}

}  // namespace

JpegScan::JpegScan(const JpegSetup& setup, int blank_dc)
    : dc_symbols_(setup.dc),
      ac_symbols_(setup.ac),
      ac_{},
      zeros16_(setup.ac[0xf0]),
      end_(setup.ac[0x00]),
      blank_dc_(blank_dc) {
  for (std::size_t zeros = 0; zeros < 16; ++zeros) {
    for (int value = -small; value < small; ++value) {
      const std::size_t symbol = 16 * zeros + n_additional(value);
      ac_[zeros][static_cast<std::size_t>(value + small)] = pack(setup.ac[symbol], value);
    }
  }
  blank_length_ = dc_symbols_[0].length + end_.length;
  n_blanks_ = JpegBitWriter::max_length / blank_length_;
  for (std::size_t i = 0; i < n_blanks_; ++i) {
    blanks_ = blanks_ << blank_length_ | (std::uint64_t{dc_symbols_[0].code} << end_.length | end_.code);
  }
}

JpegScan::Packed JpegScan::pack(JpegCode symbol, int value) {
  const unsigned n = n_additional(value);
  return (symbol.code << n | additional(value, n)) << 5U | (symbol.length + n);
}

void JpegScan::put_dc(int dc, JpegBitWriter& bits) {
  const int difference = dc - last_dc_;
  last_dc_ = dc;
  const Packed packed = pack(dc_symbols_[n_additional(difference)], difference);
  bits.put(packed >> 5U, packed & 31U);
}

void JpegScan::put(const JpegCoefficients& block, JpegBitWriter& bits) {
  JpegBitWriter to = bits;  // A copy of which no address is taken, so that it stays in registers.
  put_dc(block.value[0], to);
  std::uint64_t left = to_zigzag(block.nonzero) & ~std::uint64_t{1};
  unsigned next = 1;  // Behind the last coefficient that is not 0.
  const auto take = [&] {
    const auto k = static_cast<unsigned>(std::countr_zero(left));
    left &= left - 1;
    unsigned zeros = k - next;
    next = k + 1;
    const int value = block.value[row_major_of_zigzag[k]];
    const auto column = static_cast<unsigned>(value + small);
    if ((zeros * 16 | column) < 2 * small) [[likely]]
      return ac_[zeros][column];
    for (; zeros >= 16; zeros -= 16) to.put(zeros16_.code, zeros16_.length);
    return pack(ac_symbols_[16 * zeros + n_additional(value)], value);
  };
  while (left != 0) {
    const Packed first = take();
    to.add(first >> 5U, first & 31U);
    if (left != 0) {
      const Packed second = take();
      to.add(second >> 5U, second & 31U);
    }
    to.flush();
  }
  if (next != 64) to.put(end_.code, end_.length);
  bits = to;
}

void JpegScan::put_blank(std::size_t n, JpegBitWriter& bits) {
  if (n == 0) return;
  if (last_dc_ != blank_dc_) {
    put_dc(blank_dc_, bits);
    bits.put(end_.code, end_.length);
    --n;
  }
  for (; n >= n_blanks_; n -= n_blanks_) bits.put(blanks_, static_cast<unsigned>(n_blanks_) * blank_length_);
  if (n != 0) {
    const unsigned length = static_cast<unsigned>(n) * blank_length_;
    bits.put(blanks_ & ((std::uint64_t{1} << length) - 1), length);
  }
}

}  // namespace plotmill::kernels
