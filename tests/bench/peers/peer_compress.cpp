// zlib streams by ISA-L and by zlib.
#include <igzip_lib.h>
#include <zlib.h>

#include <memory>

#include "bench/peers/opencv_peer.hpp"

namespace plotmill::bench {

namespace {

/// Room for any stream of `n` bytes: kept, since filling so much memory with zeros for each frame would take time.
std::size_t most_bytes(std::size_t n) { return n + n / 8 + 1024; }

}  // namespace

Compress isal_level_1(Size size) {
  struct State {
    isal_zstream stream;
    Bytes level_buffer, out;
  };
  auto state = std::make_shared<State>();
  state->level_buffer.resize(ISAL_DEF_LVL1_DEFAULT);
  state->out.resize(most_bytes(size.n_pixels()));
  return [state](const std::uint8_t* frame, std::size_t n, Bytes& out) {
    isal_zstream& stream = state->stream;
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = state->level_buffer.data();
    stream.level_buf_size = static_cast<std::uint32_t>(state->level_buffer.size());
    stream.gzip_flag = IGZIP_ZLIB;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.next_in = const_cast<std::uint8_t*>(frame);
    stream.avail_in = static_cast<std::uint32_t>(n);
    stream.next_out = state->out.data();
    stream.avail_out = static_cast<std::uint32_t>(state->out.size());
    require(isal_deflate_stateless(&stream) == COMP_OK, "isal_deflate_stateless");
    out.insert(out.end(), state->out.data(), state->out.data() + stream.total_out);
  };
}

Compress zlib_level_1(Size size) {
  struct State {
    z_stream stream{};
    Bytes out;
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { deflateEnd(&stream); }
  };
  auto state = std::make_shared<State>();
  require(deflateInit(&state->stream, 1) == Z_OK, "deflateInit");
  state->out.resize(most_bytes(size.n_pixels()));
  return [state](const std::uint8_t* frame, std::size_t n, Bytes& out) {
    z_stream& stream = state->stream;
    require(deflateReset(&stream) == Z_OK, "deflateReset");
    stream.next_in = const_cast<std::uint8_t*>(frame);
    stream.avail_in = static_cast<unsigned>(n);
    stream.next_out = state->out.data();
    stream.avail_out = static_cast<unsigned>(state->out.size());
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
    out.insert(out.end(), state->out.data(), state->out.data() + stream.total_out);
  };
}

}  // namespace plotmill::bench
