// What a run has stored in a folder, in parts that can be compared by name.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "support/hdf5_reading.hpp"
#include "support/temp_dir.hpp"

namespace plotmill::test {

/// "charts.h5/images/000003", "pictures/000003.png": the bytes of each part. A PNG or JPEG file is one part. Of an HDF5
/// file the parts are the compressed chunks of /images as they lie in the file, and the other datasets; not its
/// attributes and not where things lie, as the definition in it names paths and numbers of threads. Manifests are left
/// out: they name the definition, and where checkpoints fell.
using StoredOutputs = std::map<std::string, std::string>;

namespace stored_outputs {

inline std::string text_of(const std::vector<hsize_t>& numbers) {
  std::string text;
  for (const hsize_t number : numbers) text += std::to_string(number) + " ";
  return text;
}

inline void add_hdf5(const std::string& name, const std::string& path, StoredOutputs& out) {
  const Hdf5Reading file(path);
  const Hdf5Handle images = file.dataset("images");
  const std::vector<hsize_t> shape = file.shape("images");
  const std::vector<hsize_t> chunk = file.chunk("images");
  out[name + "/images"] = text_of(shape) + "in chunks of " + text_of(chunk);
  for (hsize_t first = 0; first < shape[0]; first += chunk[0]) {
    const std::array<hsize_t, 3> corner{first, 0, 0};
    hsize_t n_bytes = 0;
    REQUIRE(H5Dget_chunk_storage_size(images.get(), corner.data(), &n_bytes) >= 0);
    std::string bytes(n_bytes, '\0');
    std::uint32_t filters_left_out = 0;
    REQUIRE(H5Dread_chunk(images.get(), H5P_DEFAULT, corner.data(), &filters_left_out, bytes.data()) >= 0);
    REQUIRE(filters_left_out == 0);
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "/%06llu", static_cast<unsigned long long>(first));
    out[name + "/images" + number.data()] = std::move(bytes);
  }
  const std::vector<double> sequences = file.sequences();
  const auto bytes_of_values = std::as_bytes(std::span(sequences));
  const std::string values(reinterpret_cast<const char*>(bytes_of_values.data()), bytes_of_values.size());
  out[name + "/sequences"] = text_of(file.shape("sequences")) + values;
  std::string& sources = out[name + "/source"];
  const std::vector<std::uint8_t> blank = file.blank();
  for (std::size_t i = 0; const Source& source : file.sources()) {
    sources += std::to_string(source.group) + " " + std::to_string(source.first_row) + " " +
               std::to_string(blank.at(i++)) + "\n";
  }
  std::string& groups = out[name + "/groups"];
  for (const std::string& group : file.groups()) groups += group + "\n";
  if (!file.has("skipped")) return;
  std::string& rows = out[name + "/skipped"];
  for (const Skipped& row : file.skipped()) {
    rows += std::to_string(row.group) + " " + std::to_string(row.first_row) + " " + row.reason + "\n";
  }
}

}  // namespace stored_outputs

/// All that lies in a folder and in the folders in it.
[[nodiscard]] inline StoredOutputs read_outputs(const std::filesystem::path& folder) {
  StoredOutputs out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().string().ends_with(".plotmill.jsonl")) continue;
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.path().extension() == ".h5") {
      stored_outputs::add_hdf5(name, entry.path().string(), out);
    } else {
      out[name] = read_bytes(entry.path());
    }
  }
  return out;
}

/// The first part in which two runs differ, in words; empty if they are equal.
[[nodiscard]] inline std::string first_difference(const StoredOutputs& a, const StoredOutputs& b) {
  for (const auto& [name, bytes] : a) {
    const auto other = b.find(name);
    if (other == b.end()) return name + " is missing in the second";
    if (other->second == bytes) continue;
    std::size_t at = 0;
    while (at < bytes.size() && at < other->second.size() && bytes[at] == other->second[at]) ++at;
    return name + " differs from byte " + std::to_string(at) + " on; sizes are " + std::to_string(bytes.size()) +
           " and " + std::to_string(other->second.size());
  }
  for (const auto& [name, bytes] : b) {
    if (!a.contains(name)) return name + " is missing in the first";
  }
  return {};
}

}  // namespace plotmill::test
