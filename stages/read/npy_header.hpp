// The header of a .npy file: what kind of numbers it holds and in which shape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plotmill {

struct NpyHeader {
  std::string descr;           ///< "<f4": byte order, kind, bytes. Empty for a structured type.
  bool fortran_order = false;  ///< Columns lie one after another, not rows.
  std::vector<std::uint64_t> shape;
};

/// Parses the dictionary of a .npy header, as numpy writes it in versions 1 to 3 of the format. False where the text is
/// something else.
[[nodiscard]] bool parse_npy_header(std::string_view text, NpyHeader& header);

}  // namespace plotmill
