// Verifies the texts of an HDF5 file: /groups and /skipped.
#pragma once

#include <cstdint>
#include <optional>

#include "stages/verify/hdf5_rows.hpp"

namespace plotmill {

/// Reads all of /groups, and returns how many there are; nothing where they can't be read.
std::optional<std::uint64_t> verify_hdf5_groups(VerifyHdf5Rows& rows);

/// Reads all of /skipped, where there is such a dataset or should be one.
void verify_hdf5_skipped(VerifyHdf5Rows& rows);

}  // namespace plotmill
