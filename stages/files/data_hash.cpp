// See data_hash.hpp.
#include "stages/files/data_hash.hpp"

#include <fmt/format.h>
#include <xxhash.h>

// The library's own choice of AVX2 and AVX-512 at run time, which plain xxhash.h leaves out: three times as fast, on a
// machine with AVX-512.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

#include <new>

namespace plotmill {
namespace {

std::string text_of(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

}  // namespace

std::string hash_text(std::span<const std::byte> bytes) { return text_of(XXH3_128bits(bytes.data(), bytes.size())); }

DataHash::DataHash() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  clear();
}

void DataHash::add(std::span<const std::byte> bytes) noexcept {
  (void)XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

std::string DataHash::text() const { return text_of(XXH3_128bits_digest(state_.get())); }

void DataHash::clear() noexcept { (void)XXH3_128bits_reset(state_.get()); }

void DataHash::Free::operator()(XXH3_state_s* state) const noexcept { (void)XXH3_freeState(state); }

}  // namespace plotmill
