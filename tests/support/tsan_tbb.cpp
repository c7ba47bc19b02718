// Linked into the tests and the command of the preset tsan. The packaged libtbb is not instrumented, so thread
// sanitizer can't see that the end of a wait comes after all that the tasks did. This stand-in for the library's wait
// tells it.
#include <dlfcn.h>
#include <oneapi/tbb/task_group.h>
#include <sanitizer/tsan_interface.h>

namespace tbb::detail::r1 {

void wait(d1::wait_context& context, d1::task_group_context& group) {
  using Wait = void (*)(d1::wait_context&, d1::task_group_context&);
  static const auto real = reinterpret_cast<Wait>(
      dlsym(RTLD_NEXT, "_ZN3tbb6detail2r14waitERNS0_2d112wait_contextERNS2_18task_group_contextE"));
  real(context, group);
  // Each task ends with an instrumented fetch_add of the context's count, which lies behind a word of version and
  // flags.
  __tsan_acquire(reinterpret_cast<char*>(&context) + sizeof(std::uint64_t));
}

}  // namespace tbb::detail::r1
