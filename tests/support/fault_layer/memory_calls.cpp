// Memory that is refused. glibc's own functions behind these names are called directly, as looking for the next ones
// takes memory itself.
#include <cerrno>
#include <cstddef>

#include "layer.hpp"

using namespace fault_layer;

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

template <class Call>
void* allocate(std::size_t n_bytes, Call call) {
  if (!ready() || Inside::now() || !refuses_memory(n_bytes)) return call();
  errno = ENOMEM;
  return nullptr;
}

}  // namespace

extern "C" {

void* malloc(std::size_t n) noexcept {
  return allocate(n, [&] { return __libc_malloc(n); });
}

void* calloc(std::size_t n, std::size_t size) noexcept {
  return allocate(n * size, [&] { return __libc_calloc(n, size); });
}

void* realloc(void* memory, std::size_t n) noexcept {
  return allocate(n, [&] { return __libc_realloc(memory, n); });
}

void* memalign(std::size_t alignment, std::size_t n) noexcept {
  return allocate(n, [&] { return __libc_memalign(alignment, n); });
}

void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept { return ::memalign(alignment, n); }

int posix_memalign(void** out, std::size_t alignment, std::size_t n) noexcept {
  void* const memory = ::memalign(alignment, n);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

}  // extern "C"
