// A dataset that is being verified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/hdf5/handle.hpp"

namespace plotmill {

struct VerifyDataset {
  Hdf5Handle data, space, type;
  std::vector<hsize_t> extent;

  [[nodiscard]] std::uint64_t n_rows() const { return extent.front(); }

  /// Reads rows; `memory_type` is of one element. False where HDF5 fails.
  [[nodiscard]] bool read_rows(std::uint64_t first, std::uint64_t n, hid_t memory_type, void* out) const;
};

/// Under an Hdf5Section. Empty, with `fault` set, where the dataset is missing, can't be opened, or has not `rank`
/// dimensions.
[[nodiscard]] std::optional<VerifyDataset> open_dataset(const Hdf5Handle& file, const char* name, std::size_t rank,
                                                        std::string& fault);

/// "the text (HDF5: its reason)"
[[nodiscard]] std::string with_hdf5_reason(const std::string& text);

/// The value of a text attribute of the file. Empty, with `fault` set, where there is none.
[[nodiscard]] std::optional<std::string> read_attribute(const Hdf5Handle& file, const char* name, std::string& fault);

}  // namespace plotmill
