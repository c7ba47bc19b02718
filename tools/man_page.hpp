// The manual page plotmill(1).
#pragma once

#include <string>
#include <vector>

#include "command_reference.hpp"

namespace plotmill::tools {

/// The page in the language of man(7).
[[nodiscard]] std::string man_page(const std::vector<CommandReference>& commands, const Registry& registry);

}  // namespace plotmill::tools
