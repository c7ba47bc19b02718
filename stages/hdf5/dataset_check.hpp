// What HDF5 believes of a damaged or hostile dataset of numbers, and then reads or writes where nothing is.
#pragma once

#include <hdf5.h>

#include <string>

namespace plotmill {

/// Throws Error (input) for a dataset whose numbers are too wide or have bits that are not there, that is stored in
/// fewer bytes than its shape has, or whose parts lie in other datasets, which nobody checks. What is in chunks is left
/// to Hdf5ChunkGuard.
void check_hdf5_dataset(hid_t dataset, const std::string& place);

}  // namespace plotmill
