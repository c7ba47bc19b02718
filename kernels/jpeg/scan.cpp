// See scan.hpp.
#include "kernels/jpeg/scan.hpp"

#include <bit>
#include <cassert>
#include <cstdlib>

#include "kernels/jpeg/zigzag.hpp"

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
    : dc_(setup.dc), ac_(16 * 2 * limit), zeros16_(setup.ac[0xf0]), end_(setup.ac[0x00]), blank_dc_(blank_dc) {
  Packed* packed = ac_.data();
  for (std::size_t zeros = 0; zeros < 16; ++zeros) {
    for (int value = -limit; value < limit; ++value) {
      *packed++ = pack(setup.ac[16 * zeros + n_additional(value)], value);
    }
  }
  blank_length_ = dc_[0].length + end_.length;
  n_blanks_ = JpegBitWriter::max_length / blank_length_;
  for (std::size_t i = 0; i < n_blanks_; ++i) {
    blanks_ = blanks_ << blank_length_ | (std::uint64_t{dc_[0].code} << end_.length | end_.code);
  }
}

JpegScan::Packed JpegScan::pack(JpegCode symbol, int value) {
  const unsigned n = n_additional(value);
  return (static_cast<unsigned>(symbol.code) << n | additional(value, n)) << 5U | (symbol.length + n);
}

inline void JpegScan::add_dc(int dc, JpegBitWriter& bits) {
  const int difference = dc - last_dc_;
  last_dc_ = dc;
  const Packed packed = pack(dc_[n_additional(difference)], difference);
  bits.add(packed >> 5U, packed & 31U);
}

void JpegScan::put(const JpegCoefficients& block, JpegBitWriter& bits) {
  JpegBitWriter to = bits;  // A copy, which stays in registers because what is written cannot be taken to change it.
  add_dc(block.value[0], to);
  to.flush();
  const Packed* const middle = ac_.data() + limit;
  std::uint64_t left = to_zigzag(block.nonzero) & ~std::uint64_t{1};
  std::size_t next = 1;  // Behind the last coefficient that is not 0.
  const auto take = [&] {
    const auto k = static_cast<std::size_t>(std::countr_zero(left));
    left &= left - 1;
    std::size_t zeros = k - next;
    next = k + 1;
    if (zeros >= 16) [[unlikely]] {
      to.flush();
      for (; zeros >= 16; zeros -= 16) to.put(zeros16_.code, zeros16_.length);
    }
    const std::ptrdiff_t value = block.value[row_major_of_zigzag[k]];
    return middle[static_cast<std::ptrdiff_t>(zeros * 2 * limit) + value];
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
  JpegBitWriter to = bits;
  // The first one's difference is to a block with ink. The others' is 0.
  add_dc(blank_dc_, to);
  to.add(end_.code, end_.length);
  to.flush();
  for (--n; n > n_blanks_; n -= n_blanks_) to.put(blanks_, static_cast<unsigned>(n_blanks_) * blank_length_);
  const unsigned length = static_cast<unsigned>(n) * blank_length_;
  to.put(blanks_ & ((std::uint64_t{1} << length) - 1), length);
  bits = to;
}

}  // namespace plotmill::kernels
