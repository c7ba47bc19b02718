// In a build without CUDA.
#include "engine/device/source.hpp"

namespace plotmill {

DeviceSource cuda_devices() {
  return {.find =
              [] {
                return DeviceSource::Found{0, "this build is without CUDA: nvcc was not found when it was made"};
              },
          .open = [](std::size_t) -> std::unique_ptr<Device> {
            throw Error(ErrorKind::device, "this build is without CUDA");
          }};
}

}  // namespace plotmill
