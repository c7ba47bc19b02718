// The file of a contact sheet.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "part_file.hpp"

namespace plotmill::tools {

/// "candles_preview.png" in the current folder for "pipelines/candles.json" and "_preview".
[[nodiscard]] std::string default_sheet_path(const std::string& input, const std::string& suffix);

/// Refuses what is there and is no PNG file: a sheet replaces an older one, and nothing else. Throws Error
/// (definition).
void check_sheet_path(const std::string& path);

/// Writes the sheet. Throws Error (io).
void write_sheet(PartFile& file, std::span<const std::uint8_t> png);

}  // namespace plotmill::tools
