// Verifies what an HDF5 file holds beside its images: /sequences, /source, /groups and /skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stages/hdf5/handle.hpp"
#include "stages/verify/hdf5.hpp"

namespace plotmill {

/// Reads all rows of all of them that there should be. `expected` may be null.
void verify_hdf5_series(const std::string& path, const Hdf5Handle& file, std::uint64_t n_images,
                        std::uint64_t file_bytes, const ExpectedHdf5File* expected, VerifyRun& run);

}  // namespace plotmill
