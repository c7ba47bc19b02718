// See crash_message.hpp.
#include "crash_message.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "run_command.hpp"

namespace plotmill::tools {
namespace {

struct Fault {
  int number;
  std::string_view text;
};

constexpr std::array<Fault, 5> faults{{{SIGSEGV, "signal 11 (segmentation fault)"},
                                       {SIGBUS, "signal 7 (bus error)"},
                                       {SIGFPE, "signal 8 (arithmetic fault)"},
                                       {SIGILL, "signal 4 (illegal instruction)"},
                                       {SIGABRT, "signal 6 (aborted)"}}};

void write_text(std::string_view text) {
  // Nobody is left to hear of a failure.
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

// Calls only what is allowed wherever the process was: no memory, no locks.
void tell_and_end(int number) {
  // A line of progress may stand there.
  if (::isatty(STDERR_FILENO) != 0) write_text("\n");
  write_text("plotmill: ended by ");
  for (const Fault& fault : faults) {
    if (fault.number == number) write_text(fault.text);
  }
  write_text(
      ": a file that was read is damaged in a way that the HDF5 library does not survive, memory ran out, or this is a "
      "bug. What is stored is as after a power cut: `plotmill verify` looks into it, `plotmill run --resume` goes "
      "on\n");
  ::_exit(exit_run_failed);
}

}  // namespace

void tell_of_crashes() {
  // For the main thread, which may have used up its stack.
  static std::array<std::byte, 65536> stack;
  stack_t own_stack{};
  own_stack.ss_sp = stack.data();
  own_stack.ss_size = stack.size();
  (void)::sigaltstack(&own_stack, nullptr);
  for (const Fault& fault : faults) {
    struct sigaction action {};
    if (::sigaction(fault.number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = tell_and_end;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    (void)::sigaction(fault.number, &action, nullptr);
  }
}

}  // namespace plotmill::tools
