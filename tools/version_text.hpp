// `plotmill version`: which plotmill this is, for people.
#pragma once

#include <string>

#include "plotmill/build_info.hpp"

namespace plotmill::tools {

/// The version alone in the first line, which programs read; then a line for each other thing.
[[nodiscard]] std::string version_text(const BuildInfo& info);

}  // namespace plotmill::tools
