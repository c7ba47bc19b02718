// Verifies one HDF5 file of images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/files/manifest.hpp"
#include "stages/verify/run.hpp"
#include "stages/verify/stage.hpp"

namespace plotmill {

/// What a manifest says about a file.
struct ExpectedHdf5File {
  std::vector<StoredPiece> pieces;     ///< Of this file, one after another; at least one.
  std::uint64_t n_bad = 0;             ///< Bad series among its images.
  std::string definition;              ///< As lasting_definition() gives it.
  std::optional<VerifyStage> stage;    ///< That wrote it.
  bool is_whole = true;                ///< Whether the manifest tells of all its images.
  std::vector<std::uint64_t> sampled;  ///< Images to check, by their number in the file, where a sample is asked for.

  [[nodiscard]] std::uint64_t n_images() const { return pieces.back().end - pieces.front().first; }
};

/// Throws nothing for what is wrong with the file: that is found. `expected` is empty where there is no manifest.
void verify_hdf5_file(const std::string& path, const std::optional<ExpectedHdf5File>& expected, VerifyRun& run);

}  // namespace plotmill
