// In a build without CUDA.
#include "engine/device/source.hpp"

namespace plotmill {

CudaBuild cuda_build() { return {.toolkit = "", .architectures = {}, .absence = PLOTMILL_CUDA_ABSENCE}; }

DeviceSource cuda_devices() {
  return {.find =
              [] {
                return DeviceSource::Found{0, "this build is without CUDA: " PLOTMILL_CUDA_ABSENCE};
              },
          .open = [](std::size_t) -> std::unique_ptr<Device> {
            throw Error(ErrorKind::device, "this build is without CUDA");
          }};
}

}  // namespace plotmill
