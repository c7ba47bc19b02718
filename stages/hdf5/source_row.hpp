// A row of /source as it lies in an HDF5 file, without padding: {uint32 group; uint64 first_row; uint8 blank}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "plotmill/stage.hpp"
#include "stages/hdf5/handle.hpp"

namespace plotmill {

struct Hdf5SourceRow {
  static constexpr std::size_t row_at = sizeof(Source::group);
  static constexpr std::size_t blank_at = row_at + sizeof(Source::first_row);
  static constexpr std::size_t n_bytes = blank_at + 1;

  Source source = {};
  std::uint8_t blank = 0;  ///< 1 where the series was bad and its image is blank for that.

  void pack(std::span<std::uint8_t, n_bytes> out) const noexcept {
    std::memcpy(out.data(), &source.group, sizeof source.group);
    std::memcpy(out.data() + row_at, &source.first_row, sizeof source.first_row);
    out[blank_at] = blank;
  }

  [[nodiscard]] static Hdf5SourceRow unpack(std::span<const std::uint8_t, n_bytes> packed) noexcept {
    Hdf5SourceRow row;
    std::memcpy(&row.source.group, packed.data(), sizeof row.source.group);
    std::memcpy(&row.source.first_row, packed.data() + row_at, sizeof row.source.first_row);
    row.blank = packed[blank_at];
    return row;
  }

  /// The type of such a row, of these types of its numbers. Empty on failure.
  [[nodiscard]] static Hdf5Handle type(hid_t group, hid_t row) {
    Hdf5Handle type(H5Tcreate(H5T_COMPOUND, n_bytes), H5Tclose);
    if (H5Tinsert(type.get(), "group", 0, group) < 0 || H5Tinsert(type.get(), "first_row", row_at, row) < 0 ||
        H5Tinsert(type.get(), "blank", blank_at, H5T_NATIVE_UINT8) < 0) {
      (void)type.reset();
    }
    return type;
  }
};

}  // namespace plotmill
