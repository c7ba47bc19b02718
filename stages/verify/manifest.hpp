// Verifies an output that has a manifest.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "plotmill/stage.hpp"
#include "stages/verify/run.hpp"

namespace plotmill {

/// Verifies all files of the output, or only the one of this name. Returns the names of the files that the manifest
/// tells of. Throws Error (io, cancelled).
std::set<std::string> verify_manifest(const std::string& path, const std::optional<std::string>& only_file,
                                      VerifyRun& run);

/// Whether a manifest tells of a file of this name.
[[nodiscard]] bool manifest_lists(const std::string& path, const std::string& file);

/// For a run that finds its output complete: throws Error (io) where not all of it is as it was written, Error
/// (cancelled) where the run is being stopped.
void require_intact(const std::string& manifest, const RunSetup& setup);

}  // namespace plotmill
