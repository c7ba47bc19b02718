// What a build without nvcc has in place of draw_lines_device.cu.
#include "kernels/lines/cuda.hpp"
#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorKind::device,
              "this build has no CUDA kernels; build plotmill where CMake finds nvcc (CUDA Toolkit)");
}

}  // namespace

void launch_measure(void*, const LineJob&, const LineWork&, const double*, std::uint32_t, InkSize*, std::uint32_t) {
  refuse();
}

void launch_write(void*, const LineJob&, const LineWork&, const double*, std::uint32_t, InkSize, const PackedInk&,
                  std::uint32_t) {
  refuse();
}

void launch_fill(void*, const FrameJob<std::uint8_t>&, std::uint32_t) { refuse(); }
void launch_fill(void*, const FrameJob<float>&, std::uint32_t) { refuse(); }

}  // namespace plotmill::kernels
