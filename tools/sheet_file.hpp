// The file of a contact sheet.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace plotmill::tools {

/// "candles_preview.png" in the current folder for "pipelines/candles.json" and "_preview".
[[nodiscard]] std::string default_sheet_path(const std::string& input, const std::string& suffix);

/// Refuses what is there and is no PNG file: a sheet replaces an older one, and nothing else. Throws Error
/// (definition).
void check_sheet_path(const std::string& path);

/// Writes the file; it gets its name when it is complete. Throws Error (io).
void write_sheet(const std::string& path, std::span<const std::uint8_t> png);

}  // namespace plotmill::tools
