// HDF5 files that read_hdf5 reads in its tests, those included that no program would write.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stages/hdf5/handle.hpp"
#include "support/run_reader.hpp"

namespace plotmill::test {

class Hdf5File {
 public:
  explicit Hdf5File(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose) {
    REQUIRE(file_);
  }

  void add_group(const char* name) {
    REQUIRE(Hdf5Handle(H5Gcreate2(file_.get(), name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose));
  }

  void add_link(const char* name, const char* target) {
    REQUIRE(H5Lcreate_soft(target, file_.get(), name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
  }

  // `chunk` empty: not chunked. `memory_type` -1: nothing is written.
  void add(const char* name, hid_t type, const std::vector<hsize_t>& shape, hid_t memory_type, const void* data,
           const std::vector<hsize_t>& chunk = {}, bool deflate = true) {
    const Hdf5Handle space(
        shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
        H5Sclose);
    const Hdf5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (!chunk.empty()) {
      H5Pset_chunk(create.get(), static_cast<int>(chunk.size()), chunk.data());
      if (deflate) H5Pset_deflate(create.get(), 1);
    }
    const Hdf5Handle set(H5Dcreate2(file_.get(), name, type, space.get(), H5P_DEFAULT, create.get(), H5P_DEFAULT),
                         H5Dclose);
    REQUIRE(set);
    if (memory_type >= 0) REQUIRE(H5Dwrite(set.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  }

  // A chunked and compressed dataset of floats in which this is stored as the chunk at a place, else at the front.
  void add_stored_chunk(const std::vector<hsize_t>& shape, const std::vector<hsize_t>& chunk,
                        const std::vector<std::uint8_t>& bytes, std::uint32_t skipped_filters = 0, bool deflate = true,
                        std::vector<hsize_t> place = {}) {
    add("sequences", H5T_IEEE_F32LE, shape, -1, nullptr, chunk, deflate);
    const Hdf5Handle set(H5Dopen2(file_.get(), "sequences", H5P_DEFAULT), H5Dclose);
    place.resize(shape.size());
    REQUIRE(H5Dwrite_chunk(set.get(), H5P_DEFAULT, skipped_filters, place.data(), bytes.size(), bytes.data()) >= 0);
  }

  // Whole stacks of groups, each in the one before.
  void add_nested_groups(std::size_t n) {
    Hdf5Handle group(H5Gcreate2(file_.get(), "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    while (n-- > 0) group = Hdf5Handle(H5Gcreate2(group.get(), "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    REQUIRE(group);
  }

  void add_virtual(const char* name, const char* source, const std::vector<hsize_t>& shape) {
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Hdf5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    REQUIRE(H5Pset_virtual(create.get(), space.get(), ".", source, space.get()) >= 0);
    REQUIRE(Hdf5Handle(
        H5Dcreate2(file_.get(), name, H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, create.get(), H5P_DEFAULT), H5Dclose));
  }

  void add_floats(const char* name, const std::vector<hsize_t>& shape, const std::vector<float>& numbers,
                  const std::vector<hsize_t>& chunk = {}) {
    add(name, H5T_IEEE_F32LE, shape, H5T_NATIVE_FLOAT, numbers.data(), chunk);
  }

 private:
  Hdf5Handle file_;
};

inline void check_input_error(const std::string& path, const std::string& place, const std::vector<std::string>& parts,
                              const Params& params = {}) {
  check_error(ErrorKind::input, place, parts, [&] { (void)run_reader("read_hdf5", with_path(path, params)); });
}

}  // namespace plotmill::test
