// Verifies an output of one file for each image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/verify/run.hpp"
#include "stages/verify/stage.hpp"

namespace plotmill {

/// Of the first `n_images` images, which the manifest lists, all or those that are sampled; the manifest is read once
/// more for their hashes.
void verify_image_files(const std::string& manifest, std::uint64_t n_images, const std::vector<std::uint64_t>& sampled,
                        const VerifyStage& stage, VerifyRun& run);

}  // namespace plotmill
