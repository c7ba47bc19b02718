// Where device work goes: to a CUDA stream, or to the calling thread, which then executes the same kernels block by
// block on ordinary memory.
#pragma once

#include "plotmill/export.hpp"

namespace plotmill {

/// Orders work: what is put into one queue runs in that order. Copied freely; owns nothing.
struct PLOTMILL_EXPORT DeviceQueue {
  /// Runs what is put in before the call returns, on ordinary memory: device memory is host memory then. For tests, and
  /// where kernels are to be stepped through.
  bool on_host = false;
  /// A cudaStream_t of the device that is current on the calling thread; null: its default stream. Not looked at with
  /// on_host.
  void* cuda_stream = nullptr;
};

}  // namespace plotmill
