// What lies in an HDF5 file of images, their series and where these come from:
//
//   /images     [N][height][width]   uint8 or float32, chunks of whole images, deflate
//   /sequences  [N][n_points]        float32 or float64                   \.
//   /source     [N]                  {uint32 group; uint64 first_row;     |
//                                     uint8 blank}                         > unless left out
//   /groups     [G]                  UTF-8 names of the groups, by number  |
//   /skipped    [S]                  {uint32 group; uint64 first_row;     /
//                                     UTF-8 reason}; where bad series are skipped
//   attributes of /: plotmill_version, definition (UTF-8)
//
// `blank` is 1 where the series was bad and its image is blank for that. Without times, so that equal runs give equal
// files; where checkpoints fell shows in the places of things in the file, but not in what any reader sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/deflate/ink_code.hpp"
#include "plotmill/stage.hpp"
#include "stages/hdf5/handle.hpp"

namespace plotmill {

/// What all files of a run have in common.
struct Hdf5ImageLayout {
  kernels::PixelLayout pixels;
  std::uint32_t images_per_chunk = 1;
  std::optional<ValueType> sequences;  ///< Type of /sequences; nothing: neither these nor /source and /groups.
  OnBadSeries on_bad_series = OnBadSeries::error;
  std::size_t n_points = 1;
  std::optional<std::uint64_t> n_images;      ///< How many images will come at most, where that is known.
  H5F_libver_t libver = H5F_LIBVER_EARLIEST;  ///< The oldest HDF5 that is to read the files.
  std::string definition;
  std::string plotmill_version;

  /// Bytes that a file grows by for each image, beside its chunk: series, source, and what HDF5 keeps of a chunk.
  [[nodiscard]] std::uint64_t bytes_beside_image() const noexcept;

  /// Bytes of a row of /sequences, where there is one.
  [[nodiscard]] std::uint64_t sequence_bytes() const noexcept {
    return n_points * (sequences == ValueType::float32 ? sizeof(float) : sizeof(double));
  }
};

/// The datasets of one file, those that its layout has not being empty, and the types of what is written to them. All
/// functions under an Hdf5Section.
struct Hdf5ImageDatasets {
  Hdf5Handle text_type;
  Hdf5Handle source_type;
  Hdf5Handle skipped_type;
  Hdf5Handle images;
  Hdf5Handle sequences;
  Hdf5Handle source;
  Hdf5Handle groups;
  Hdf5Handle skipped;

  /// Makes them, with the attributes, in a file that is empty. `path` is the place of an Error (io), also below.
  void create(const Hdf5Handle& file, const Hdf5ImageLayout& layout, const std::string& path);

  /// Opens those of a file that create() was called for.
  void open(const Hdf5Handle& file, const Hdf5ImageLayout& layout, const std::string& path);

  /// False where HDF5 could not close one; then hdf5_reason() tells about that one, and the rest is open.
  [[nodiscard]] bool close() noexcept;
};

/// The number of rows of a dataset; nothing on failure.
[[nodiscard]] std::optional<std::uint64_t> n_rows_of(const Hdf5Handle& dataset);

}  // namespace plotmill
