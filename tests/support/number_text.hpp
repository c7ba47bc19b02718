// Numbers as files have them, whatever the locale.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace plotmill::test {

[[nodiscard]] inline std::string number_text(double value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace plotmill::test
