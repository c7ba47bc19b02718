// What an HDF5 file holds beside its images: as it was written, or not.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/hdf5/handle.hpp"
#include "support/stored_run.hpp"

using namespace plotmill;
namespace fs = std::filesystem;

namespace {

using test::StoredRun;
using Texts = std::vector<std::string>;

const std::string other_rows = " is not what was written: the hash of these rows is another one";

/// What is found after `act(file)` has changed a file that is as it was written, but for its size.
template <class Act>
Texts problems_after(const StoredRun& stored, const std::string& name, Act act) {
  const std::string path = stored.folder.file(name);
  const std::string original = test::read_bytes(path);
  {
    const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    act(file.get());
  }
  fs::resize_file(path, original.size());
  Texts found = stored.problems(name);
  (void)stored.folder.write(name, original);
  return found;
}

/// Replaces one value of a dataset.
void set_value(hid_t file, const char* dataset, hid_t type, const std::vector<hsize_t>& place, const void* value) {
  const Hdf5Handle data(H5Dopen2(file, dataset, H5P_DEFAULT), H5Dclose);
  const Hdf5Handle space(H5Dget_space(data.get()), H5Sclose);
  const Hdf5Handle one(H5Screate(H5S_SCALAR), H5Sclose);
  REQUIRE(H5Sselect_elements(space.get(), H5S_SELECT_SET, 1, place.data()) >= 0);
  REQUIRE(H5Dwrite(data.get(), type, one.get(), space.get(), H5P_DEFAULT, value) >= 0);
}

}  // namespace

TEST_CASE("verify: series that do not fit") {
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")");
  stored.forget_metadata("c.h5.plotmill.jsonl");
  const auto resize = [&](const char* name, const std::vector<hsize_t>& extent) {
    return problems_after(stored, "c.h5", [&](hid_t file) {
      const Hdf5Handle data(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
      REQUIRE(H5Dset_extent(data.get(), extent.data()) >= 0);
    });
  };
  CHECK(resize("sequences", {10, 20}) == Texts{"c.h5: /sequences has 10 rows, and /images has 11"});
  CHECK(resize("source", {12}) == Texts{"c.h5: /source has 12 rows, and /images has 11"});
  CHECK(resize("groups", {0}).front() == "c.h5: /groups has 0 rows, and the manifest tells of 1");
  CHECK(resize("images", {9, 40, 60}).front() == "c.h5: /images has 9 images, and the manifest tells of 11");
  CHECK(problems_after(stored, "c.h5", [](hid_t file) { REQUIRE(H5Ldelete(file, "sequences", H5P_DEFAULT) >= 0); }) ==
        Texts{"c.h5: there is no dataset /sequences"});
  const auto set_source = [&](const char* member, std::uint64_t value) {
    return problems_after(stored, "c.h5", [&](hid_t file) {
      const Hdf5Handle memory(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
      H5Tinsert(memory.get(), member, 0, H5T_NATIVE_UINT64);
      set_value(file, "source", memory.get(), {7}, &value);
    });
  };
  const std::string other = "c.h5: images 0 to 10: /source" + other_rows;
  CHECK(set_source("group", 1) == Texts{other, "c.h5: image 7: /source names a group that /groups has not"});
  CHECK(set_source("blank", 2) == Texts{other, "c.h5: image 7: `blank` in /source is neither 0 nor 1"});
}

TEST_CASE("verify: series of another type than the definition asks for, and of one that is never written") {
  const StoredRun stored("write_hdf5", R"("sequences": "float32")");
  stored.forget_metadata("c.h5.plotmill.jsonl");
  const auto replace = [&](hid_t type) {
    return problems_after(stored, "c.h5", [&](hid_t file) {
      REQUIRE(H5Ldelete(file, "sequences", H5P_DEFAULT) >= 0);
      const std::array<hsize_t, 2> extent{11, 20};
      const Hdf5Handle space(H5Screate_simple(2, extent.data(), nullptr), H5Sclose);
      REQUIRE(Hdf5Handle(H5Dcreate2(file, "sequences", type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                         H5Dclose));
    });
  };
  const std::string other = "c.h5: images 0 to 10: /sequences" + other_rows;
  CHECK(replace(H5T_IEEE_F64LE) == Texts{"c.h5: /sequences is of float64, and by the definition of float32", other});
  CHECK(replace(H5T_IEEE_F32LE) == Texts{other});
  CHECK(replace(H5T_STD_I32LE) == Texts{"c.h5: /sequences is neither of float32 nor of float64"});
}

TEST_CASE("verify: another value of a series or of its source is found, with the piece that it is in") {
  // Batches of 4: with a file for each 8 of the 19 images the pieces are 0 to 7, 8 to 15 and the rest.
  const StoredRun stored("write_hdf5", R"("images_per_file": 8)", 19);
  const auto set_sequence = [&](const char* name, hsize_t row) {
    return problems_after(stored, name, [&](hid_t file) {
      const float value = 0.5F;
      set_value(file, "sequences", H5T_NATIVE_FLOAT, {row, 13}, &value);
    });
  };
  const auto set_first_row = [&](const char* name, hsize_t row) {
    return problems_after(stored, name, [&](hid_t file) {
      const Hdf5Handle memory(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
      H5Tinsert(memory.get(), "first_row", 0, H5T_NATIVE_UINT64);
      const std::uint64_t value = 77;
      set_value(file, "source", memory.get(), {row}, &value);
    });
  };
  CHECK(stored.problems("c.h5").empty());
  CHECK(set_sequence("c_0000.h5", 0) == Texts{"c_0000.h5: images 0 to 7: /sequences" + other_rows});
  CHECK(set_sequence("c_0001.h5", 7) == Texts{"c_0001.h5: images 0 to 7: /sequences" + other_rows});
  CHECK(set_sequence("c_0002.h5", 2) == Texts{"c_0002.h5: images 0 to 2: /sequences" + other_rows});
  CHECK(set_first_row("c_0001.h5", 3) == Texts{"c_0001.h5: images 0 to 7: /source" + other_rows});
}

TEST_CASE("verify: series have a hash for each checkpoint of a file") {
  // A checkpoint after each batch of 4 images.
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")", 11, R"(, "checkpoint": 0)");
  CHECK(stored.problems("c.h5").empty());
  const auto problems = problems_after(stored, "c.h5", [](hid_t file) {
    const float value = 0.5F;
    set_value(file, "sequences", H5T_NATIVE_FLOAT, {5, 0}, &value);
  });
  CHECK(problems == Texts{"c.h5: images 4 to 7: /sequences" + other_rows});
}
