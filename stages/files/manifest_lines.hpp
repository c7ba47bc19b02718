// The lines of a manifest as text; see manifest.hpp for what they mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stages/files/manifest.hpp"

namespace plotmill {

/// Without the end of the line, as all of these.
[[nodiscard]] std::string manifest_head_line(const ManifestHead& head);
[[nodiscard]] std::string stored_piece_line(const StoredPiece& piece);
[[nodiscard]] std::string complete_line(std::uint64_t n_images);

/// Throw Error (input) with `place` where the line is not such a one.
[[nodiscard]] ManifestHead parse_manifest_head(std::string_view line, const std::string& place);

/// A piece that begins at image `first`; nothing for the last line, which counts `first` images.
[[nodiscard]] std::optional<StoredPiece> parse_stored_piece(std::string_view line, const std::string& place,
                                                            std::uint64_t first);

/// Of a definition what the images depend on: not the number of threads, say.
[[nodiscard]] std::string lasting_definition(const std::string& definition);

/// In what two of these differ: "prices params/window: 50, it was 100".
[[nodiscard]] std::vector<std::string> definition_differences(const std::string& before, const std::string& now);

}  // namespace plotmill
