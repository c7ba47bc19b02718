// See zlib_stream.hpp.
#include "kernels/zlib_stream.hpp"

#include <igzip_lib.h>

#include <algorithm>
#include <array>
#include <string>

#include "plotmill/error.hpp"

namespace plotmill::kernels {

struct ZlibStream::State {
  isal_zstream stream;
  bool started = false;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
  // A chart's whole stream fits. Copied from here to `out`: growing `out` first would clear what is written next.
  std::array<std::uint8_t, 65536> piece;
};

ZlibStream::ZlibStream() : state_(std::make_unique<State>()) {}
ZlibStream::ZlibStream(ZlibStream&&) noexcept = default;
ZlibStream& ZlibStream::operator=(ZlibStream&&) noexcept = default;
ZlibStream::~ZlibStream() = default;

void ZlibStream::add(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& out) { run(bytes, false, out); }

void ZlibStream::finish(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& out) {
  run(bytes, true, out);
  state_->started = false;
}

void ZlibStream::run(std::span<const std::uint8_t> bytes, bool last, std::vector<std::uint8_t>& out) {
  isal_zstream& stream = state_->stream;
  if (!state_->started) {
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_ZLIB;
    stream.level = 1;
    stream.level_buf = state_->level_buffer.data();
    stream.level_buf_size = static_cast<std::uint32_t>(state_->level_buffer.size());
    state_->started = true;
  }
  do {
    // ISA-L counts its input in 32 bits.
    const std::size_t n = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30U);
    stream.next_in = const_cast<std::uint8_t*>(bytes.data());  // Not written to; ISA-L's header lacks the const.
    stream.avail_in = static_cast<std::uint32_t>(n);
    bytes = bytes.subspan(n);
    stream.end_of_stream = static_cast<std::uint16_t>(last && bytes.empty());
    do {
      stream.next_out = state_->piece.data();
      stream.avail_out = static_cast<std::uint32_t>(state_->piece.size());
      if (const int status = isal_deflate(&stream); status != COMP_OK) {
        throw Error(ErrorKind::internal, "isal_deflate gave " + std::to_string(status));
      }
      out.insert(out.end(), state_->piece.data(), stream.next_out);
      // A piece that is not full means that ISA-L holds nothing back that it could give.
    } while (stream.avail_out == 0 || stream.avail_in != 0);
  } while (!bytes.empty());
  if (last && stream.internal_state.state != ZSTATE_END) {
    throw Error(ErrorKind::internal, "isal_deflate did not end the stream");
  }
}

std::uint64_t ZlibStream::max_bytes(std::uint64_t n_bytes) noexcept {
  const std::uint64_t n_blocks = n_bytes / 65536 + 2;
  return n_bytes + n_bytes / 8 + n_blocks * ISAL_DEF_MAX_HDR_SIZE + 64;
}

std::uint64_t ZlibStream::footprint() noexcept { return sizeof(State); }

}  // namespace plotmill::kernels
