// Which HDF5 this is.
#include <fmt/format.h>
#include <hdf5.h>

#include "plotmill/build_info.hpp"

namespace plotmill {

LibraryVersion hdf5_library() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  LibraryVersion library{"HDF5", fmt::format("{}.{}.{}", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE), std::nullopt};
  if (H5get_libversion(&major, &minor, &release) >= 0) library.loaded = fmt::format("{}.{}.{}", major, minor, release);
  return library;
}

}  // namespace plotmill
