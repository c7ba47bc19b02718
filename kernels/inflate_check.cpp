// See inflate_check.hpp.
#include "kernels/inflate_check.hpp"

#include <igzip_lib.h>

#include <algorithm>

namespace plotmill::kernels {
namespace {

// Larger ones make it no faster, and leave the cache.
constexpr std::uint64_t most_at_once = std::uint64_t{128} << 10U;

// ISA-L counts bytes in 32 bits.
constexpr std::size_t most_input = std::size_t{1} << 30U;

}  // namespace

InflateCheck::InflateCheck() : state_(std::make_unique<inflate_state>()) {}
InflateCheck::InflateCheck(InflateCheck&&) noexcept = default;
InflateCheck& InflateCheck::operator=(InflateCheck&&) noexcept = default;
InflateCheck::~InflateCheck() = default;

const char* InflateCheck::fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes) {
  constexpr const char* damaged = "the data do not decompress";
  // One more than there should be, to see whether there is.
  const std::size_t room = static_cast<std::size_t>(std::min(n_bytes + 1, most_at_once));
  if (window_.size() < room) window_.resize(room);
  isal_inflate_init(state_.get());
  state_->crc_flag = ISAL_ZLIB;
  std::uint64_t n_out = 0;
  while (state_->block_state != ISAL_BLOCK_FINISH) {
    if (state_->avail_in == 0) {
      const std::size_t n = std::min(stream.size(), most_input);
      // ISA-L takes it as not const, and does not write.
      state_->next_in = const_cast<std::uint8_t*>(stream.data());
      state_->avail_in = static_cast<std::uint32_t>(n);
      stream = stream.subspan(n);
    }
    const std::uint32_t n_in = state_->avail_in;
    state_->next_out = window_.data();
    state_->avail_out = static_cast<std::uint32_t>(window_.size());
    const int result = isal_inflate(state_.get());
    const std::size_t n_made = window_.size() - state_->avail_out;
    n_out += n_made;
    if (n_out > n_bytes) return "the data decompress to more than they should";
    if (result == ISAL_INCORRECT_CHECKSUM) return "the data decompress, and their checksum is another one";
    if (result != ISAL_DECOMP_OK) return damaged;
    const bool is_done = state_->block_state == ISAL_BLOCK_FINISH;
    if (!is_done && n_made == 0 && state_->avail_in == n_in) return "the data end early";
    if (!is_done && state_->avail_in == 0 && stream.empty() && state_->avail_out > 0) return "the data end early";
  }
  if (n_out < n_bytes) return "the data decompress to less than they should";
  if (state_->avail_in != 0 || !stream.empty()) return "other bytes follow the data";
  return nullptr;
}

}  // namespace plotmill::kernels
