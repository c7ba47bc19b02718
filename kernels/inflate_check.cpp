// See inflate_check.hpp. libdeflate, as it takes a fifth of zlib's time, and half of that of ISA-L, which also takes
// codes that zlib refuses.
#include "kernels/inflate_check.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace plotmill::kernels {
namespace {

constexpr std::size_t header_bytes = 2;
constexpr std::size_t trailer_bytes = 4;

// RFC 1950, 2.2: deflate with a window of 32 KiB at most, no dictionary.
bool is_header(std::uint8_t cmf, std::uint8_t flags) {
  return (cmf & 15U) == 8 && cmf >> 4U <= 7 && (256U * cmf + flags) % 31 == 0 && (flags & 32U) == 0;
}

}  // namespace

InflateCheck::InflateCheck() : decompressor_(libdeflate_alloc_decompressor()) {
  if (!decompressor_) throw std::bad_alloc();
}

void InflateCheck::Free::operator()(libdeflate_decompressor* decompressor) const noexcept {
  libdeflate_free_decompressor(decompressor);
}

const char* InflateCheck::fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes) {
  constexpr const char* damaged = "the data do not decompress";
  if (stream.size() < header_bytes + trailer_bytes || !is_header(stream[0], stream[1])) return damaged;
  bytes_.resize(static_cast<std::size_t>(std::max<std::uint64_t>(n_bytes, 1)));
  const auto deflated = stream.subspan(header_bytes, stream.size() - header_bytes - trailer_bytes);
  std::size_t n_in = 0;
  std::size_t n_out = 0;
  switch (libdeflate_deflate_decompress_ex(decompressor_.get(), deflated.data(), deflated.size(), bytes_.data(),
                                           static_cast<std::size_t>(n_bytes), &n_in, &n_out)) {
    case LIBDEFLATE_SUCCESS:
      break;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      return "the data decompress to more than they should";
    default:
      return damaged;
  }
  if (n_out < n_bytes) return "the data decompress to less than they should";
  std::uint32_t expected = 0;
  for (const std::uint8_t byte : stream.subspan(header_bytes + n_in, trailer_bytes)) expected = expected << 8U | byte;
  if (libdeflate_adler32(1, bytes_.data(), n_out) != expected) {
    return "the data decompress, and their checksum is another one";
  }
  return n_in < deflated.size() ? "other bytes follow the data" : nullptr;
}

}  // namespace plotmill::kernels
