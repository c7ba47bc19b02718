// The file driver below write_hdf5: what HDF5 writes into the part of a checkpoint it reads back, and the file does not
// change. HDF5 keeps so much in memory that only large files make it read.
#include "stages/write/hdf5_output_driver.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "support/hdf5_reading.hpp"
#include "support/random_series.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;

namespace {

constexpr hsize_t n_values = 200000;
using Values = std::vector<std::int32_t>;

Values read_all(const Hdf5Handle& dataset) {
  Values values(n_values);
  REQUIRE(H5Dread(dataset.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  return values;
}

Values values_in(const std::string& path) {
  return test::Hdf5Reading(path).read<std::int32_t>("values", H5T_NATIVE_INT32);
}

void write_part(const Hdf5Handle& dataset, hsize_t first, const Values& part) {
  const std::array<hsize_t, 1> start{first};
  const std::array<hsize_t, 1> count{part.size()};
  const Hdf5Handle memory(H5Screate_simple(1, count.data(), nullptr), H5Sclose);
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  REQUIRE(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0);
  REQUIRE(H5Dwrite(dataset.get(), H5T_NATIVE_INT32, memory.get(), space.get(), H5P_DEFAULT, part.data()) >= 0);
}

}  // namespace

TEST_CASE("hdf5 output driver: writes into a checkpoint are read back, and reach the file with the next one") {
  const test::TempDir dir(test::memory_folder());
  const std::string path = dir.write("file.h5.part", "");
  const std::string left_behind = dir.file("left_behind.h5");
  const auto restored = [&](const SealedPart& part) {
    std::ofstream(left_behind, std::ios::binary) << test::read_bytes(path);
    PageJournal::restore(left_behind, part);
    return values_in(left_behind);
  };
  const Hdf5Section section;
  const Hdf5Handle driver = make_hdf5_output_driver();
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  REQUIRE(H5Pset_driver(access.get(), driver.get(), nullptr) >= 0);
  // Nothing of the values stays in memory.
  REQUIRE(H5Pset_sieve_buf_size(access.get(), 0) >= 0);
  std::optional<PageJournal> journal;
  Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  REQUIRE(bool(file));
  use_page_journal(file.get(), journal.emplace(path, 0));
  const std::array<hsize_t, 1> extent{n_values};
  const Hdf5Handle space(H5Screate_simple(1, extent.data(), nullptr), H5Sclose);
  Hdf5Handle dataset(
      H5Dcreate2(file.get(), "values", H5T_STD_I32LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  Values now(n_values);
  for (std::size_t i = 0; i < now.size(); ++i) now[i] = static_cast<std::int32_t>(i);
  write_part(dataset, 0, now);
  const auto checkpoint = [&] {
    REQUIRE(H5Fflush(file.get(), H5F_SCOPE_LOCAL) >= 0);
    const SealedPart part = journal->seal();
    journal->apply();
    return part;
  };
  SealedPart part = checkpoint();
  Values stable = now;
  test::Random random(61);
  for (int step = 0; step < 60; ++step) {
    CAPTURE(step);
    const std::size_t n = 1 + test::random_below(random, 5000);
    const std::size_t first = test::random_below(random, n_values - n);
    Values some(n);
    for (std::int32_t& value : some) value = static_cast<std::int32_t>(random());
    std::ranges::copy(some, now.begin() + static_cast<std::ptrdiff_t>(first));
    write_part(dataset, first, some);
    REQUIRE((read_all(dataset) == now));
    REQUIRE((restored(part) == stable));
    if (step % 20 != 19) continue;
    part = checkpoint();
    stable = now;
    REQUIRE((restored(part) == stable));
  }
  REQUIRE(dataset.reset());
  REQUIRE(file.reset());
  CHECK(take_hdf5_write_error() == 0);
  (void)journal->seal();
  journal->apply();
  journal->cut_off();
  CHECK((values_in(path) == now));
}
