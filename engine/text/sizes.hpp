// Sizes in bytes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plotmill {

/// "1GiB", "1.5 GiB", "512MiB", "64MB", "1000000": a number of at most six decimals and a unit (B, KB, MB, GB, TB of
/// 1000; KiB, MiB, GiB, TiB of 1024; upper and lower case are the same; none is bytes). Parts of a byte are dropped.
/// Empty where the text is anything else or does not fit 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// The regular expression (ECMAScript) of the texts that parse_size() reads, but for its limit of 64 bits.
[[nodiscard]] std::string size_pattern();

/// "0 B", "512 MiB", "1.5 GiB": at most one decimal, rounded half up.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

}  // namespace plotmill
