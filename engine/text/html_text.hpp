// Text and figures for a page of HTML.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace plotmill {

/// Shows any text as it is, within an element or a quoted attribute.
[[nodiscard]] std::string html_text(std::string_view text);

/// "12,345".
[[nodiscard]] std::string count_text(std::uint64_t count);

/// "12.35": rounded, without the locale.
[[nodiscard]] std::string fixed_text(double value, int decimals);

/// "1.5 GB", with units of 1000 as disks have them.
[[nodiscard]] std::string bytes_text(double bytes);

/// A figure that a program can read as exactly as the JSON summary has it.
[[nodiscard]] std::string html_figure(std::string_view name, double value, std::string_view shown);

[[nodiscard]] std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace plotmill
