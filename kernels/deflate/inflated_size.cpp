// See inflated_size.hpp. ISA-L inflates into a window that is used again and again.
#include "kernels/deflate/inflated_size.hpp"

#include <igzip_lib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace plotmill::kernels {

// The state is some 80 KiB, and so not for the stack.
struct InflatedSize::Work {
  inflate_state state;
  std::array<std::uint8_t, std::size_t{1} << 16U> out;
};

InflatedSize::InflatedSize() : work_(std::make_unique_for_overwrite<Work>()) {}
InflatedSize::~InflatedSize() = default;

std::optional<std::uint64_t> InflatedSize::of(std::span<const std::uint8_t> stream, std::uint64_t most,
                                              std::span<std::uint8_t> front) {
  inflate_state& state = work_->state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;  // Header and Adler-32 are checked.
  std::uint64_t n_bytes = 0;
  for (;;) {
    if (state.avail_in == 0 && !stream.empty()) {
      const std::size_t n = std::min<std::size_t>(stream.size(), std::numeric_limits<std::uint32_t>::max());
      state.next_in = const_cast<std::uint8_t*>(stream.data());
      state.avail_in = static_cast<std::uint32_t>(n);
      stream = stream.subspan(n);
    }
    state.next_out = work_->out.data();
    state.avail_out = static_cast<std::uint32_t>(work_->out.size());
    const std::uint32_t before = state.avail_in;
    if (isal_inflate(&state) != ISAL_DECOMP_OK) return {};
    const std::size_t n_out = work_->out.size() - state.avail_out;
    const std::size_t n_front = std::min(n_out, front.size());
    std::copy_n(work_->out.begin(), n_front, front.begin());
    front = front.subspan(n_front);
    n_bytes += n_out;
    if (n_bytes > most) return {};
    if (state.block_state == ISAL_BLOCK_FINISH) return n_bytes;
    // Nothing was taken and nothing given: it ends early.
    if (n_out == 0 && state.avail_in == before && stream.empty()) return {};
  }
}

}  // namespace plotmill::kernels
