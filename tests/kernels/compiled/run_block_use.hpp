// A GPU's Block by itself: what its phases promise, held where no kernel of the product may happen to ask for it.
#pragma once

#include <string>
#include <string_view>

#include "support/ptx/machine.hpp"

namespace plotmill::test {

/// Executes block_use.cu, compiled, in both orders. What is wrong; empty if all is well.
[[nodiscard]] std::string run_block_use(std::string_view text);

}  // namespace plotmill::test
