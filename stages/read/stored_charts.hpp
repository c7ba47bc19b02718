// The charts of an HDF5 file as write_hdf5 stores them, one by one, whoever wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/sequences.hpp"
#include "stages/files/input_file.hpp"
#include "stages/hdf5/handle.hpp"

namespace plotmill {

/// One thread at a time. All functions throw Error (input, io) with the file and the dataset as the place.
class Hdf5StoredCharts {
 public:
  explicit Hdf5StoredCharts(const std::string& path);

  [[nodiscard]] std::uint64_t size() const noexcept { return n_images_; }
  [[nodiscard]] std::uint32_t width() const noexcept { return width_; }
  [[nodiscard]] std::uint32_t height() const noexcept { return height_; }

  /// Gray pixels of image i, row-major.
  [[nodiscard]] std::vector<std::uint8_t> pixels(std::uint64_t i);

  /// Where the series of image i comes from; empty where the file does not say.
  [[nodiscard]] std::optional<Source> source(std::uint64_t i);

  /// The name of a group; empty where the file does not say.
  [[nodiscard]] std::string group(std::uint32_t number);

 private:
  struct Dataset {
    std::string place;
    Hdf5Handle data, space;
    std::vector<hsize_t> extent;

    /// Reads one row of the first dimension.
    void read_row(std::uint64_t i, hid_t type, void* out) const;
  };

  [[nodiscard]] std::optional<Dataset> open_dataset(const char* name) const;

  std::string path_;
  InputFile input_;  // Open as long as HDF5 reads it, so that no stage replaces it.
  Hdf5Handle file_;
  std::optional<Dataset> images_, sources_, groups_;
  std::uint64_t n_images_ = 0;
  std::uint32_t width_ = 0, height_ = 0;
  bool is_float_ = false;
};

}  // namespace plotmill
