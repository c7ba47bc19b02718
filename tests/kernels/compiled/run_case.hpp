// Draws a case with the compiled kernels, as the product would on a GPU, and compares it with the CPU's.
#pragma once

#include <string>

#include "kernels/compiled/cases.hpp"
#include "support/ptx/machine.hpp"

namespace plotmill::test {

/// What differs, or what the kernels did that none may; empty if all is well. shared_bytes: see DeviceTuning.
[[nodiscard]] std::string run_case(ptx::Machine& machine, const CompiledCase& one, std::uint32_t shared_bytes);

}  // namespace plotmill::test
