// The commit that the sources are of. Its definition is written when it changes: tools/cmake/write_commit.cmake
#pragma once

#include <string_view>

namespace plotmill {

/// See BuildInfo::commit.
[[nodiscard]] std::string_view build_commit() noexcept;

}  // namespace plotmill
