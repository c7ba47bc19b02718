// The bits of a deflate stream.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace plotmill::kernels {

static_assert(std::endian::native == std::endian::little, "bits are read in little-endian words");

/// Reads words, and so up to `slack` bytes beyond the last bit that is taken: these must be there. To be kept in
/// registers: a byte that is stored through a pointer might be any member.
class StreamBits {
 public:
  static constexpr std::size_t slack = 32;

  StreamBits() = default;

  /// Begins behind `n_passed` bits.
  StreamBits(const std::uint8_t* begin, std::size_t n_passed) noexcept : begin_(begin), in_(begin + n_passed / 8) {
    refill();
    pass(n_passed % 8);
  }

  /// Makes sure of at least 56 bits.
  void refill() noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, in_, sizeof word);
    bits_ |= word << n_;
    in_ += (63 - n_) >> 3U;
    n_ |= 56U;
  }

  [[nodiscard]] std::uint64_t next() const noexcept { return bits_; }

  /// At most what refill() has made sure of, in all.
  void pass(std::size_t n) noexcept {
    bits_ >>= n;
    n_ -= static_cast<unsigned>(n);
  }
  std::uint32_t take(unsigned n) noexcept {
    const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << n) - 1));
    pass(n);
    return value;
  }

  /// Bytes of which something is taken, and bits that are taken.
  [[nodiscard]] std::size_t n_bytes() const noexcept { return static_cast<std::size_t>(in_ - begin_) - n_ / 8; }
  [[nodiscard]] std::size_t n_bits() const noexcept { return 8 * static_cast<std::size_t>(in_ - begin_) - n_; }

 private:
  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* in_ = nullptr;
  std::uint64_t bits_ = 0;
  unsigned n_ = 0;  ///< Of these that count.
};

}  // namespace plotmill::kernels
