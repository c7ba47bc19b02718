// Verifies the chunks of /images: their hashes, and that each decompresses to images.
#pragma once

#include <cstdint>
#include <string>

#include "stages/verify/hdf5.hpp"
#include "stages/verify/hdf5_dataset.hpp"

namespace plotmill {

/// A dataset of images that has been found to be one.
struct VerifyImages {
  const VerifyDataset& data;
  std::uint64_t n_images = 0;
  std::uint64_t per_chunk = 1;
  std::uint64_t image_bytes = 0;
  std::uint64_t file_bytes = 0;
};

/// `expected` may be null. Ends with all threads at rest.
void verify_hdf5_chunks(const std::string& path, const VerifyImages& images, const ExpectedHdf5File* expected,
                        VerifyRun& run);

}  // namespace plotmill
