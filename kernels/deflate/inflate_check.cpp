// See inflate_check.hpp. zlib, although ISA-L takes half and libdeflate a quarter of its time: it is by zlib that other
// programs will read the stream, and both of these take streams that it refuses (ISA-L incomplete codes, libdeflate the
// unused code beside a single distance code, which is one bit in forty of ours).
#include "kernels/deflate/inflate_check.hpp"

#include <zlib.h>

#include <limits>
#include <new>
#include <string_view>

namespace plotmill::kernels {
namespace {

// Stays in the cache.
constexpr std::size_t window_bytes = std::size_t{64} << 10U;

}  // namespace

InflateCheck::InflateCheck() : zlib_(new z_stream{}), window_(window_bytes) {
  if (inflateInit(zlib_.get()) != Z_OK) throw std::bad_alloc();
}

void InflateCheck::End::operator()(z_stream_s* stream) const noexcept {
  (void)inflateEnd(stream);
  delete stream;
}

const char* InflateCheck::fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes) {
  if (stream.size() > std::numeric_limits<uInt>::max()) return "the data are longer than any chunk";
  z_stream& zlib = *zlib_;
  (void)inflateReset(&zlib);
  zlib.next_in = const_cast<Bytef*>(stream.data());
  zlib.avail_in = static_cast<uInt>(stream.size());
  int result = Z_OK;
  while (result == Z_OK && zlib.total_out <= n_bytes) {
    zlib.next_out = window_.data();
    zlib.avail_out = static_cast<uInt>(window_.size());
    result = inflate(&zlib, Z_NO_FLUSH);
  }
  if (result == Z_OK || zlib.total_out > n_bytes) return "the data decompress to more than they should";
  if (result == Z_BUF_ERROR) return "the data end early";
  // The checksum comes last: all else was right.
  if (result != Z_STREAM_END) {
    return zlib.total_out == n_bytes && zlib.msg != nullptr && std::string_view(zlib.msg) == "incorrect data check"
               ? "the data decompress, and their checksum is another one"
               : "the data do not decompress";
  }
  if (zlib.total_out < n_bytes) return "the data decompress to less than they should";
  return zlib.avail_in > 0 ? "other bytes follow the data" : nullptr;
}

}  // namespace plotmill::kernels
