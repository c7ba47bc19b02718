// See crash_message.hpp.
#include "crash_message.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

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

// Found out before a crash, as little can be in one.
bool is_terminal = false;
std::array<char, 4096> path_read;
std::string_view path;  // Within path_read.

void write_text(std::string_view text) {
  // Nobody is left to hear of a failure.
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

// Calls only what is allowed wherever the process was: no memory, no locks.
void tell_and_end(int number) {
  // A line of progress may stand there.
  if (is_terminal) write_text("\n");
  write_text("plotmill: ");
  write_text(path);
  write_text(path.empty() ? "ended by " : ": reading it ended with ");
  for (const Fault& fault : faults) {
    if (fault.number == number) write_text(fault.text);
  }
  write_text(path.empty() ? ": a file that was read is" : ": it is");
  write_text(" damaged in a way that the HDF5 library does not survive, memory ran out, or this is a bug");
  if (path.empty()) write_text(". What is stored is as after a power cut; `plotmill verify` looks into it");
  write_text("\n");
  ::_exit(exit_run_failed);
}

}  // namespace

void tell_of_crashes() {
  is_terminal = ::isatty(STDERR_FILENO) != 0;
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

void tell_of_crashes_in(std::string_view file) {
  path = {path_read.data(), file.copy(path_read.data(), path_read.size())};
}

}  // namespace plotmill::tools
