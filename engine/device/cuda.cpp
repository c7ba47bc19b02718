// GPUs by the CUDA runtime. Its calls are made from many threads: each function makes its device the current one of the
// calling thread first.
#include <cuda_runtime_api.h>
#include <nvtx3/nvToolsExtCudaRt.h>

#include <array>

#include "engine/device/source.hpp"
#include "engine/text/sizes.hpp"

namespace plotmill {
namespace {

/// The oldest compute capability that kernels are compiled for.
constexpr int least_capability = 75;

std::string text_of(cudaError_t status) {
  return std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ")";
}

Error error_of(cudaError_t status, const std::string& what) {
  const ErrorKind kind = status == cudaErrorMemoryAllocation ? ErrorKind::out_of_memory : ErrorKind::device;
  return {kind, what + ": " + text_of(status)};
}

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  // An error that spoils nothing else is not to be found again by the next launch.
  (void)cudaGetLastError();
  throw error_of(status, what);
}

void use(int device) { check(cudaSetDevice(device), "the GPU can't be used"); }

class CudaStream final : public DeviceStream {
 public:
  CudaStream(int device, const std::string& name) : device_(device) {
    use(device_);
    // Not ordered with the default stream, which others in this process may use.
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream can't be made");
    nvtxNameCudaStreamA(stream_, name.c_str());
  }

  // The driver may be shutting down: what fails here is of no interest any more.
  ~CudaStream() override {
    (void)cudaSetDevice(device_);
    (void)cudaStreamSynchronize(stream_);
    (void)cudaStreamDestroy(stream_);
  }

  void copy_in(std::byte* device, const std::byte* pinned, std::uint64_t n) override {
    use(device_);
    check(cudaMemcpyAsync(device, pinned, n, cudaMemcpyHostToDevice, stream_), "series can't be copied to the GPU");
  }

  void copy_out(std::byte* pinned, const std::byte* device, std::uint64_t n) override {
    use(device_);
    check(cudaMemcpyAsync(pinned, device, n, cudaMemcpyDeviceToHost, stream_), "ink can't be copied from the GPU");
  }

  void submit(const std::function<void(const DeviceQueue&)>& put_in) override {
    use(device_);
    put_in({.on_host = false, .cuda_stream = stream_});
  }

  // Not cudaLaunchHostFunc(), which calls nobody once the device has failed.
  void then(std::function<void(const std::optional<Error>&)> done) override {
    use(device_);
    Pending& pending = pending_[n_then_++ % pending_.size()];
    pending.done = std::move(done);
    const auto call = [](cudaStream_t, cudaError_t status, void* data) {
      // What it holds may be put in again as soon as it is called.
      const auto next = std::move(static_cast<Pending*>(data)->done);
      next(status == cudaSuccess ? std::optional<Error>() : error_of(status, "the GPU failed"));
    };
    check(cudaStreamAddCallback(stream_, call, &pending, 0), "the end of a batch can't be waited for");
  }

 private:
  struct Pending {
    std::function<void(const std::optional<Error>&)> done;
  };

  int device_;
  cudaStream_t stream_ = nullptr;
  std::array<Pending, 4> pending_;  ///< A batch has two under way at most.
  std::size_t n_then_ = 0;
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int number) : number_(number) {
    use(number_);
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, number_), "the GPU does not tell what it is");
    if (10 * properties.major + properties.minor < least_capability) {
      throw Error(ErrorKind::device, std::string(properties.name) + " has compute capability " +
                                         std::to_string(properties.major) + "." + std::to_string(properties.minor) +
                                         ", and 7.5 or more is needed");
    }
    check(cudaFree(nullptr), "the GPU can't be used");
    description_ = std::string(properties.name) + ", " + std::to_string(properties.multiProcessorCount) + " SMs, " +
                   format_bytes(properties.totalGlobalMem);
  }

  [[nodiscard]] std::string name() const override { return "cuda:" + std::to_string(number_); }
  [[nodiscard]] std::string description() const override { return description_; }

  [[nodiscard]] std::uint64_t free_bytes() const override {
    use(number_);
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "the GPU does not tell how much memory is free");
    return free;
  }

  [[nodiscard]] std::unique_ptr<DeviceStream> make_stream(const std::string& name) override {
    return std::make_unique<CudaStream>(number_, name);
  }

  [[nodiscard]] std::byte* allocate(MemoryKind kind, std::uint64_t n_bytes) override {
    use(number_);
    void* memory = nullptr;
    if (kind == MemoryKind::device) {
      check(cudaMalloc(&memory, n_bytes), "memory of the GPU was refused");
    } else {
      check(cudaMallocHost(&memory, n_bytes), "pinned memory was refused");
    }
    return static_cast<std::byte*>(memory);
  }

  void free(MemoryKind kind, std::byte* memory) noexcept override {
    (void)cudaSetDevice(number_);
    (void)(kind == MemoryKind::device ? cudaFree(memory) : cudaFreeHost(memory));
  }

 private:
  int number_;
  std::string description_;
};

DeviceSource::Found find() {
  int n = 0;
  const cudaError_t status = cudaGetDeviceCount(&n);
  (void)cudaGetLastError();
  if (status == cudaErrorInsufficientDriver) {
    int version = 0;
    (void)cudaDriverGetVersion(&version);
    if (version == 0) return {0, "no CUDA driver"};
    return {0, "the CUDA driver is for CUDA " + std::to_string(version / 1000) + ", and this build needs " +
                   std::to_string(CUDART_VERSION / 1000)};
  }
  if (status == cudaErrorNoDevice) return {0, "no GPU that CUDA can use"};
  if (status != cudaSuccess) return {0, "CUDA can't be used: " + text_of(status)};
  return {static_cast<std::size_t>(n), ""};
}

}  // namespace

CudaBuild cuda_build() {
  return {.toolkit = std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10),
          .architectures = {PLOTMILL_CUDA_ARCHITECTURES},
          .absence = ""};
}

DeviceSource cuda_devices() {
  return {.find = find, .open = [](std::size_t number) -> std::unique_ptr<Device> {
            return std::make_unique<CudaDevice>(static_cast<int>(number));
          }};
}

}  // namespace plotmill
