// Writes strings of bits, the first bit lowest in each byte, as deflate has them (RFC 1951, 3.1.1).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace plotmill::kernels {

static_assert(std::endian::native == std::endian::little, "BitWriter stores its bits as a little-endian number");

/// Up to 56 bits, ready to be written.
struct BitString {
  std::uint64_t bits = 0;  ///< Zero above n_bits.
  std::uint32_t n_bits = 0;

  /// This string and then the other; together at most 56 bits.
  [[nodiscard]] constexpr BitString then(BitString next) const {
    return {bits | next.bits << n_bits, n_bits + next.n_bits};
  }
};

/// Collects bits in a register and stores whole bytes. Between two flushes at most 56 bits may be put; a flush stores 8
/// bytes at the end of what is written, so that much room must follow it.
class BitWriter {
 public:
  static constexpr std::uint32_t most_bits = 56;

  void write_to(std::uint8_t* out) { out_ = out; }
  [[nodiscard]] std::uint8_t* position() const { return out_; }

  /// Bits 6 and above of n_bits do not matter.
  [[gnu::always_inline]] void put(std::uint64_t bits, std::uint32_t n_bits) {
    pending_ |= bits << (n_pending_ & 63U);
    n_pending_ += n_bits;
  }

  [[gnu::always_inline]] void flush() {
    std::memcpy(out_, &pending_, sizeof(pending_));
    const std::uint32_t whole_bytes = n_pending_ & 56U;
    out_ += whole_bytes >> 3U;
    pending_ >>= whole_bytes;
    n_pending_ &= 7U;
  }

  void write(BitString string) {
    put(string.bits, string.n_bits);
    flush();
  }

  /// The up to 7 bits that a flush() has left.
  [[nodiscard]] BitString unfinished() const { return {pending_, n_pending_}; }

  /// Fills up the last byte with zero bits.
  void align() {
    n_pending_ = (n_pending_ + 7U) & ~7U;
    flush();
  }

 private:
  std::uint8_t* out_ = nullptr;
  std::uint64_t pending_ = 0;
  std::uint32_t n_pending_ = 0;
};

}  // namespace plotmill::kernels
