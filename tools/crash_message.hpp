// What is told when the process itself breaks down.
#pragma once

#include <string_view>

namespace plotmill::tools {

/// From now on a fault of the process (SIGSEGV, SIGABRT and their like) ends it with a message and exit_run_failed.
/// HDF5 does not survive every damage of a file that it reads, and oneTBB not every refusal of memory. Outputs are then
/// as after any other sudden death. Where someone else handles such a signal, as a sanitizer does, nothing changes.
void tell_of_crashes();

/// From now on a crash is about this file, which is read.
void tell_of_crashes_in(std::string_view file);

}  // namespace plotmill::tools
