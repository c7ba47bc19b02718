// Charts of an output that exists, on a contact sheet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plotmill/contact_sheet.hpp"
#include "plotmill/export.hpp"

namespace plotmill {

struct PLOTMILL_EXPORT ShowOptions {
  static constexpr std::size_t most_charts = 1000;

  std::vector<std::uint64_t> at;  ///< Numbers of the images, at most most_charts; if empty, they are evenly spaced.
  std::size_t count = 48;         ///< How many then, 1..most_charts: image i (N-1)/(count-1) of N.
};

struct PLOTMILL_EXPORT ShownFile {
  std::vector<std::uint8_t> sheet_png;
  std::uint64_t n_images = 0;  ///< In the file.
  std::size_t n_shown = 0;
};

/// Shows images of an HDF5 file: the dataset /images (N, height, width) of uint8, or of floats from 0 to 1, in whatever
/// layout HDF5 can read. /source and /groups, where they are, say what stands under each. Throws Error (definition) for
/// options out of range, Error (input, io) with the file and the dataset as the place.
[[nodiscard]] PLOTMILL_EXPORT ShownFile show_hdf5(const std::string& path, const ShowOptions& options);

}  // namespace plotmill
