// Threads that are refused. They are no matter of a folder.
#include <pthread.h>

#include "layer.hpp"

using namespace fault_layer;

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                              void* argument) noexcept {
  static auto* const real = next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  if (ready() && !Inside::now()) {
    const Inside own;
    if (const Verdict verdict = judge("thread", "pthread_create", ""); verdict.error != 0) return verdict.error;
  }
  return real(thread, attributes, body, argument);
}
