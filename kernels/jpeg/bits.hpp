// The bit stream of a JPEG scan (T.81 F.1.2.3): bits from the most significant one on, and a zero byte behind each byte
// 0xff. The zero bytes come in a second step, so that writing a code has no branch.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace plotmill::kernels {

static_assert(std::endian::native == std::endian::little, "bytes are taken out of and put into words");

/// Writes codes to memory without zero bytes. Copied and moved like an iterator.
class JpegBitWriter {
 public:
  /// Longest code that put() takes.
  static constexpr unsigned max_length = 56;
  /// Bytes that put() may touch behind the last one that it fills.
  static constexpr std::size_t slack = 8;

  explicit JpegBitWriter(std::uint8_t* at) : at_(at) {}

  /// Writes a code that has no bits above its `length`, 0..max_length.
  void put(std::uint64_t code, unsigned length) {
    add(code, length);
    flush();
  }

  /// Takes a code and leaves the writing to flush(), before which codes of max_length bits in all may be added.
  void add(std::uint64_t code, unsigned length) {
    assert(length <= n_free_ && length <= max_length && code >> length == 0);
    n_free_ -= length;
    word_ |= code << (n_free_ % 64);  // All 64 are free only where length and code are 0.
  }

  void flush() {
    const std::uint64_t bytes = __builtin_bswap64(word_);
    std::memcpy(at_, &bytes, sizeof bytes);
    const unsigned n_bytes = (64 - n_free_) / 8;
    at_ += n_bytes;
    word_ <<= 8 * n_bytes;
    n_free_ += 8 * n_bytes;
  }

  /// Fills the last byte with ones, as T.81 F.1.2.3 asks.
  void pad() {
    const unsigned n_missing = n_free_ % 8;
    if (n_missing != 0) put((1U << n_missing) - 1, n_missing);
  }

  /// Behind the last whole byte.
  [[nodiscard]] std::uint8_t* end() const { return at_; }

  /// Goes on at `begin`, with the bits of the byte that is not whole yet.
  void rewind(std::uint8_t* begin) { at_ = begin; }

 private:
  std::uint8_t* at_;
  std::uint64_t word_ = 0;  ///< What is not written yet, from the most significant bit on.
  unsigned n_free_ = 64;    ///< Bits of it that are free; at least 57 after flush().
};

/// Appends the bytes [begin, end) to `out` with a zero byte behind each 0xff.
inline void append_stuffed(const std::uint8_t* begin, const std::uint8_t* end, std::vector<std::uint8_t>& out) {
  while (begin != end) {
    const void* const found = std::memchr(begin, 0xff, static_cast<std::size_t>(end - begin));
    const std::uint8_t* const stop = found == nullptr ? end : static_cast<const std::uint8_t*>(found) + 1;
    out.insert(out.end(), begin, stop);
    if (found != nullptr) out.push_back(0);
    begin = stop;
  }
}

}  // namespace plotmill::kernels
