// See zlib_stream.hpp.
#include "kernels/zlib_stream.hpp"

#include <igzip_lib.h>

#include <algorithm>
#include <array>
#include <string>

#include "plotmill/error.hpp"

namespace plotmill::kernels {

// ISA-L's assembly for level 1 (2.30 to 2.32, .write_first_byte of igzip_icf_body_h1_gr_bt.asm) enters the third byte
// of a stream into its hash table under a hash of the address of the isal_zstream: about one chart in two thousand
// would compress to other bytes in another run or thread. What ISA-L calls the end of a stream, its last 16 bytes, goes
// another way, which has not that fault and leaves nothing to be done for a first byte. So the first bytes are flushed
// on their own, for which no more and at least 4 of them may be given. That costs 10 bytes a stream.
constexpr std::size_t n_head = 16;

struct ZlibStream::State {
  isal_zstream stream;
  bool started = false;
  std::size_t n_in_head = 0;
  std::array<std::uint8_t, n_head> head;  // The first bytes, until there are enough to be flushed.
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
  State& state = *state_;
  if (!state.started) {
    isal_deflate_init(&state.stream);
    state.stream.gzip_flag = IGZIP_ZLIB;
    state.stream.level = 1;
    state.stream.level_buf = state.level_buffer.data();
    state.stream.level_buf_size = static_cast<std::uint32_t>(state.level_buffer.size());
    state.started = true;
    state.n_in_head = 0;
  }
  if (state.n_in_head < n_head) {
    const std::size_t n = std::min(n_head - state.n_in_head, bytes.size());
    std::copy_n(bytes.begin(), n, state.head.begin() + static_cast<std::ptrdiff_t>(state.n_in_head));
    state.n_in_head += n;
    bytes = bytes.subspan(n);
    const bool is_all = last && bytes.empty();
    if (state.n_in_head < n_head && !is_all) return;
    deflate(std::span(state.head).first(state.n_in_head), is_all, is_all ? NO_FLUSH : SYNC_FLUSH, out);
    if (is_all) return;
  }
  deflate(bytes, last, NO_FLUSH, out);
}

void ZlibStream::deflate(std::span<const std::uint8_t> bytes, bool last, int flush, std::vector<std::uint8_t>& out) {
  isal_zstream& stream = state_->stream;
  stream.flush = static_cast<std::uint16_t>(flush);
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
  const std::uint64_t n_blocks = n_bytes / 65536 + 3;
  return n_bytes + n_bytes / 8 + n_blocks * ISAL_DEF_MAX_HDR_SIZE + 64;
}

std::uint64_t ZlibStream::footprint() noexcept { return sizeof(State); }

}  // namespace plotmill::kernels
