// Guesses which known name a misspelt one was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plotmill {

/// The known name with the fewest edits (insert, drop, replace, swap neighbours; upper and lower case are the same)
/// from `name`, the first of several; empty where none is near: more than a third of the letters would change.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

/// The end of a message about an unknown name: "; did you mean path?", else "; known are path and column", else "".
[[nodiscard]] std::string suggest_name(std::string_view name, const std::vector<std::string>& known);

/// "a", "a and b", "a, b and c".
[[nodiscard]] std::string list_names(const std::vector<std::string>& names, std::string_view last_word = "and");

}  // namespace plotmill
