// Whether a file is a whole JPEG.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plotmill::kernels {

/// What is wrong with a file that should be a grayscale JPEG of this size (0: any), in a sentence; null if nothing is:
/// libjpeg decodes all of it without a warning, and nothing follows. `row` is scratch.
[[nodiscard]] const char* jpeg_fault(std::span<const std::uint8_t> file, std::uint32_t width, std::uint32_t height,
                                     std::vector<std::uint8_t>& row);

}  // namespace plotmill::kernels
