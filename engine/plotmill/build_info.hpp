// Which plotmill this is: what it was built from and with, and what it runs with on this machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// A library that plotmill uses.
struct PLOTMILL_EXPORT LibraryVersion {
  std::string name;                   ///< "HDF5"
  std::string built;                  ///< Version that plotmill was compiled with.
  std::optional<std::string> loaded;  ///< That runs now, where the library tells.
};

/// Of the kernels for GPUs that this plotmill holds; whether there is a GPU that can run them is another thing.
struct PLOTMILL_EXPORT CudaBuild {
  std::string toolkit;                     ///< "13.0"; empty in a build without CUDA.
  std::vector<std::string> architectures;  ///< "sm_90": code for GPUs of this kind; "compute_90": PTX, for later ones.
  std::string absence;                     ///< Why the build is without CUDA; empty where it is not.
};

struct PLOTMILL_EXPORT BuildInfo {
  std::string version;      ///< "1.2.3"
  std::string commit;       ///< "1a2b3c4d5e6f", "-dirty" behind it where files had been changed; "unknown" without git.
  std::string compiler;     ///< "g++ 12.2.0"
  std::string simd_target;  ///< As of simd_target().
  CudaBuild cuda;
  std::vector<LibraryVersion> libraries;
};

[[nodiscard]] PLOTMILL_EXPORT BuildInfo build_info();

/// The same as one JSON object, without a newline.
[[nodiscard]] PLOTMILL_EXPORT std::string to_json(const BuildInfo& info);

/// The instruction set that drawing and encoding use on this machine, by Highway's name: "AVX2", "AVX3", "NEON".
[[nodiscard]] PLOTMILL_EXPORT std::string_view simd_target();

/// Of the library that encodes JPEG. It tells no version while it runs.
[[nodiscard]] PLOTMILL_EXPORT LibraryVersion jpeg_library();

/// Of the library that reads and writes HDF5.
[[nodiscard]] PLOTMILL_EXPORT LibraryVersion hdf5_library();

}  // namespace plotmill
