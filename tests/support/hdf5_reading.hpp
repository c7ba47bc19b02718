// Reads back what write_hdf5 has stored, through H5Dread.
#pragma once

#include <doctest/doctest.h>
#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plotmill/sequences.hpp"
#include "stages/hdf5/handle.hpp"

namespace plotmill::test {

/// A row of /skipped.
struct Skipped {
  std::uint32_t group;
  std::uint64_t first_row;
  std::string reason;

  friend bool operator==(const Skipped&, const Skipped&) = default;
};

class Hdf5Reading {
 public:
  explicit Hdf5Reading(const std::string& path)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose),
        text_type_(H5Tcopy(H5T_C_S1), H5Tclose),
        source_type_(H5Tcreate(H5T_COMPOUND, sizeof(Source)), H5Tclose),
        blank_type_(H5Tcreate(H5T_COMPOUND, 1), H5Tclose),
        skipped_type_(H5Tcreate(H5T_COMPOUND, sizeof(SkippedRow)), H5Tclose) {
    REQUIRE_MESSAGE(bool(file_), path);
    H5Tset_size(text_type_.get(), H5T_VARIABLE);
    H5Tset_cset(text_type_.get(), H5T_CSET_UTF8);
    H5Tinsert(source_type_.get(), "group", HOFFSET(Source, group), H5T_NATIVE_UINT32);
    H5Tinsert(source_type_.get(), "first_row", HOFFSET(Source, first_row), H5T_NATIVE_UINT64);
    H5Tinsert(blank_type_.get(), "blank", 0, H5T_NATIVE_UINT8);
    H5Tinsert(skipped_type_.get(), "group", HOFFSET(SkippedRow, group), H5T_NATIVE_UINT32);
    H5Tinsert(skipped_type_.get(), "first_row", HOFFSET(SkippedRow, first_row), H5T_NATIVE_UINT64);
    H5Tinsert(skipped_type_.get(), "reason", HOFFSET(SkippedRow, reason), text_type_.get());
  }

  [[nodiscard]] hid_t file() const { return file_.get(); }
  [[nodiscard]] bool has(const char* name) const { return H5Lexists(file(), name, H5P_DEFAULT) > 0; }

  [[nodiscard]] Hdf5Handle dataset(const char* name) const {
    Hdf5Handle handle(H5Dopen2(file(), name, H5P_DEFAULT), H5Dclose);
    REQUIRE_MESSAGE(bool(handle), name);
    return handle;
  }

  [[nodiscard]] std::vector<hsize_t> shape(const char* name) const {
    const Hdf5Handle data = dataset(name);
    const Hdf5Handle space(H5Dget_space(data.get()), H5Sclose);
    std::vector<hsize_t> shape(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
    H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
    return shape;
  }

  [[nodiscard]] std::vector<hsize_t> chunk(const char* name) const {
    const Hdf5Handle data = dataset(name);
    const Hdf5Handle properties(H5Dget_create_plist(data.get()), H5Pclose);
    std::vector<hsize_t> chunk(shape(name).size());
    H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
    return chunk;
  }

  template <class Value>
  [[nodiscard]] std::vector<Value> read(const char* name, hid_t type) const {
    std::size_t n = 1;
    for (const hsize_t extent : shape(name)) n *= extent;
    std::vector<Value> values(n);
    REQUIRE(H5Dread(dataset(name).get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    return values;
  }

  [[nodiscard]] std::vector<std::uint8_t> gray() const { return read<std::uint8_t>("images", H5T_NATIVE_UINT8); }
  [[nodiscard]] std::vector<float> units() const { return read<float>("images", H5T_NATIVE_FLOAT); }
  [[nodiscard]] std::vector<double> sequences() const { return read<double>("sequences", H5T_NATIVE_DOUBLE); }
  [[nodiscard]] std::vector<Source> sources() const { return read<Source>("source", source_type_.get()); }

  /// The third member of /source.
  [[nodiscard]] std::vector<std::uint8_t> blank() const { return read<std::uint8_t>("source", blank_type_.get()); }

  [[nodiscard]] std::vector<Skipped> skipped() const {
    std::vector<Skipped> rows;
    for (const SkippedRow& row : read<SkippedRow>("skipped", skipped_type_.get())) {
      rows.push_back({row.group, row.first_row, row.reason});
      H5free_memory(row.reason);
    }
    return rows;
  }

  [[nodiscard]] std::vector<std::string> groups() const {
    auto texts = read<char*>("groups", text_type_.get());
    std::vector<std::string> names(texts.begin(), texts.end());
    for (char* text : texts) H5free_memory(text);
    return names;
  }

  [[nodiscard]] std::string attribute(const char* name) const {
    const Hdf5Handle attribute(H5Aopen(file(), name, H5P_DEFAULT), H5Aclose);
    char* text = nullptr;
    REQUIRE(H5Aread(attribute.get(), text_type_.get(), &text) >= 0);
    std::string value = text;
    H5free_memory(text);
    return value;
  }

 private:
  struct SkippedRow {
    std::uint32_t group;
    std::uint64_t first_row;
    char* reason;
  };

  Hdf5Handle file_;
  Hdf5Handle text_type_;
  Hdf5Handle source_type_;
  Hdf5Handle blank_type_;
  Hdf5Handle skipped_type_;
};

}  // namespace plotmill::test
