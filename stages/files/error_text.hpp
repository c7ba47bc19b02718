// Parts of error texts that several stages share.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plotmill {

/// The text in double quotes, made fit for one line: control characters as \xNN, at most 60 bytes of it.
[[nodiscard]] std::string quoted(std::string_view text);

/// "a", "b", "c" (the first 20), or "none".
[[nodiscard]] std::string quoted_list(std::span<const std::string> names);

/// The end of a sentence about a wrong name: `, did you mean "close"?`, or `.` where no name is near.
[[nodiscard]] std::string did_you_mean(std::string_view wrong, std::span<const std::string> names);

}  // namespace plotmill
