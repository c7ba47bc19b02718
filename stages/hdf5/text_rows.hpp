// The texts in an HDF5 file of images: the names of /groups, and rows of /skipped, {uint32 group; uint64 first_row;
// UTF-8 reason}.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stages/hdf5/handle.hpp"

namespace plotmill {

/// The type of a UTF-8 text of any length, in memory a char*. Empty on failure, as the types below.
[[nodiscard]] inline Hdf5Handle hdf5_text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  if (H5Tset_size(type.get(), H5T_VARIABLE) < 0 || H5Tset_cset(type.get(), H5T_CSET_UTF8) < 0) (void)type.reset();
  return type;
}

/// A row of /skipped in memory.
struct Hdf5SkippedRow {
  std::uint32_t group;
  std::uint64_t first_row;
  const char* reason;

  /// The type of such a row, of these types of its numbers.
  [[nodiscard]] static Hdf5Handle type(const Hdf5Handle& text, hid_t group, hid_t row) {
    Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Hdf5SkippedRow)), H5Tclose);
    if (H5Tinsert(type.get(), "group", offsetof(Hdf5SkippedRow, group), group) < 0 ||
        H5Tinsert(type.get(), "first_row", offsetof(Hdf5SkippedRow, first_row), row) < 0 ||
        H5Tinsert(type.get(), "reason", offsetof(Hdf5SkippedRow, reason), text.get()) < 0) {
      (void)type.reset();
    }
    return type;
  }
};

}  // namespace plotmill
