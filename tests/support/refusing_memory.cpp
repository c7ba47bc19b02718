// See refusing_memory.hpp.
#include "support/refusing_memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace plotmill::test {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

constexpr std::size_t nothing = std::numeric_limits<std::size_t>::max();
thread_local std::size_t counted_from = nothing;
std::atomic<std::int64_t> n_left = never;
std::atomic<std::int64_t> n_held = 0;
std::atomic<std::int64_t> most_held = 0;

bool is_refused(std::size_t n_bytes) noexcept { return n_bytes >= counted_from && n_left.fetch_sub(1) == 0; }

}  // namespace

CountedMemory::CountedMemory(std::size_t at_least) noexcept : before_(counted_from) { counted_from = at_least; }
CountedMemory::~CountedMemory() { counted_from = before_; }

void refuse_memory(std::int64_t n) noexcept { n_left = n; }
bool stop_refusing_memory() noexcept { return n_left.exchange(never) < 0; }

std::int64_t held_bytes() noexcept { return n_held; }
std::int64_t most_held_bytes() noexcept { return most_held; }
std::int64_t watch_held_bytes() noexcept { return most_held = n_held.load(); }

namespace {

void* allocate(std::size_t n_bytes) noexcept {
  if (is_refused(n_bytes)) return nullptr;
  void* const memory = std::malloc(n_bytes);
  const auto n = static_cast<std::int64_t>(::malloc_usable_size(memory));
  const std::int64_t held = n_held.fetch_add(n) + n;
  std::int64_t most = most_held;
  while (most < held && !most_held.compare_exchange_weak(most, held)) {
  }
  return memory;
}

void free(void* memory) noexcept {
  n_held -= static_cast<std::int64_t>(::malloc_usable_size(memory));
  std::free(memory);
}

void* allocate_or_throw(std::size_t n_bytes) {
  if (void* const memory = allocate(n_bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace
}  // namespace plotmill::test

// Those with an alignment are not replaced, so they and their deletes stay a pair.
void* operator new(std::size_t n_bytes) { return plotmill::test::allocate_or_throw(n_bytes); }
void* operator new[](std::size_t n_bytes) { return plotmill::test::allocate_or_throw(n_bytes); }
void* operator new(std::size_t n_bytes, const std::nothrow_t&) noexcept { return plotmill::test::allocate(n_bytes); }
void* operator new[](std::size_t n_bytes, const std::nothrow_t&) noexcept { return plotmill::test::allocate(n_bytes); }
void operator delete(void* memory) noexcept { plotmill::test::free(memory); }
void operator delete[](void* memory) noexcept { plotmill::test::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { plotmill::test::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { plotmill::test::free(memory); }
