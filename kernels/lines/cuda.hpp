// The launches of the kernels that draw lines: draw_lines_device.cu, or draw_lines_no_cuda.cpp in a build without nvcc.
// All throw Error (device). stream: a cudaStream_t.
#pragma once

#include "kernels/ink/fill_frames.hpp"
#include "kernels/lines/job.hpp"

namespace plotmill::kernels {

/// measure_image() of each image, then place_images(). n_images may be 0. shared_bytes: see DeviceTuning.
void launch_measure(void* stream, const LineJob& job, const LineWork& work, const double* values,
                    std::uint32_t n_images, InkSize* size, std::uint32_t shared_bytes);

/// write_image() of each image, at least one.
void launch_write(void* stream, const LineJob& job, const LineWork& work, const double* values, std::uint32_t n_images,
                  InkSize size, const PackedInk& packed, std::uint32_t shared_bytes);

/// fill_band() of each band, at least one.
void launch_fill(void* stream, const FrameJob<std::uint8_t>& job, std::uint32_t n_bands);
void launch_fill(void* stream, const FrameJob<float>& job, std::uint32_t n_bands);

}  // namespace plotmill::kernels
