// Whether a file is a whole PNG (ISO/IEC 15948) of the kind that PngEncoder writes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/deflate/inflate_check.hpp"

namespace plotmill::kernels {

/// What is wrong with a file that should be an 8-bit grayscale PNG of this size (0: any), in a sentence; null if
/// nothing is: signature, order of chunks, their CRCs, and the zlib stream in them. `stream` is scratch.
[[nodiscard]] const char* png_fault(std::span<const std::uint8_t> file, std::uint32_t width, std::uint32_t height,
                                    InflateCheck& inflate, std::vector<std::uint8_t>& stream);

}  // namespace plotmill::kernels
