// What the checks of the datasets beside /images share.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/hdf5/handle.hpp"
#include "stages/verify/hdf5.hpp"
#include "stages/verify/hdf5_dataset.hpp"
#include "stages/verify/row_hashes.hpp"

namespace plotmill {

/// Of one file. All functions under an Hdf5Section; what is wrong becomes a finding.
class VerifyHdf5Rows {
 public:
  /// `expected` may be null; all must outlive this.
  VerifyHdf5Rows(const std::string& path, const Hdf5Handle& file, std::uint64_t file_bytes,
                 const ExpectedHdf5File* expected, VerifyRun& run)
      : path_(path), file_(file), file_bytes_(file_bytes), expected_(expected), run_(run) {}

  void fail(std::string text) { run_.findings.add(path_, std::move(text)); }
  void fail(std::uint64_t first_image, std::uint64_t end, std::string text) {
    run_.findings.add(path_, first_image, end, std::move(text));
  }

  /// Null where there is no manifest.
  [[nodiscard]] const ExpectedHdf5File* expected() const noexcept { return expected_; }

  /// Whether the file is known to be complete, and this was done with bad series.
  [[nodiscard]] bool expects(const char* on_bad_series) const;

  [[nodiscard]] bool has(const char* name) const { return H5Lexists(file_.get(), name, H5P_DEFAULT) > 0; }

  /// Empty where the dataset is missing or can't be one of ours.
  [[nodiscard]] std::optional<VerifyDataset> open(const char* name, std::size_t rank);

  /// The manifest's hashes of a dataset with a row for each image.
  [[nodiscard]] VerifyRowHashes hashes(std::string StoredPiece::*xxh3) const;

  /// Reads all rows, of about `row_bytes` in memory, some at once, into what `room(n)` gives, and hands each block to
  /// `take(first, n)`. Returns whether all could be read.
  template <class Room, class Take>
  bool read(const char* name, const VerifyDataset& data, std::uint64_t row_bytes, hid_t type, Room room, Take take);

 private:
  static constexpr std::uint64_t block_bytes = std::uint64_t{1} << 20U;  ///< That are read at once.

  const std::string& path_;
  const Hdf5Handle& file_;
  std::uint64_t file_bytes_;
  const ExpectedHdf5File* expected_;
  VerifyRun& run_;
};

template <class Room, class Take>
bool VerifyHdf5Rows::read(const char* name, const VerifyDataset& data, std::uint64_t row_bytes, hid_t type, Room room,
                          Take take) {
  const std::uint64_t step = std::max<std::uint64_t>(1, block_bytes / row_bytes);
  for (std::uint64_t first = 0; first < data.n_rows(); first += step) {
    run_.keep_going();
    const std::uint64_t n = std::min(step, data.n_rows() - first);
    if (!data.read_rows(first, n, type, room(n))) {
      fail(with_hdf5_reason(fmt::format("/{}: rows {} to {} cannot be read", name, first, first + n - 1)));
      return false;
    }
    take(first, n);
  }
  return true;
}

}  // namespace plotmill
