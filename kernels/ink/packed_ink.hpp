// Ink in a device's memory.
#pragma once

#include <cstdint>

#include "plotmill/ink.hpp"

namespace plotmill::kernels {

/// Packed ink, as Ink holds it.
struct PackedInk {
  std::uint32_t* row_begin;       ///< [n_images * height + 1]
  std::uint64_t* coverage_begin;  ///< [n_images + 1]
  Run* runs;                      ///< [n_runs]
  std::uint8_t* coverage;         ///< [n_ink]
};

}  // namespace plotmill::kernels
