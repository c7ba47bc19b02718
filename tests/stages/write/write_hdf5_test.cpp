// What is in the files. The errors are in write_hdf5_errors_test.cpp.
#include <doctest/doctest.h>
#include <zlib.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "support/hdf5_reading.hpp"
#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using test::Hdf5Reading;
using test::OptionValues;
using test::WriterInput;

namespace {

constexpr ImageShape shape{37, 21, 255, 10};

WriterInput make_input(std::size_t n_images, std::uint32_t seed = 31) {
  test::Random random(seed);
  return test::with_series(test::random_ink(shape, n_images, random), 5);
}

// The gray pixels of images [first, first + n).
std::vector<std::uint8_t> gray_of(const WriterInput& input, std::size_t first, std::size_t n) {
  std::vector<std::uint8_t> all;
  for (std::size_t i = first; i < first + n; ++i) {
    const auto pixels = test::pixels_of(input.ink.image(i));
    all.insert(all.end(), pixels.begin(), pixels.end());
  }
  return all;
}

void check_file(const Hdf5Reading& file, const WriterInput& input, std::size_t first, std::size_t n) {
  CHECK(file.shape("images") == std::vector<hsize_t>{n, shape.height, shape.width});
  CHECK(file.gray() == gray_of(input, first, n));
  CHECK(file.shape("sequences") == std::vector<hsize_t>{n, input.series.n_points});
  const WriterInput part = test::batch_of(input, first, n);
  CHECK(file.sequences() == part.series.values);
  const auto sources = file.sources();
  REQUIRE(sources.size() == n);
  const auto groups = file.groups();
  CHECK(file.blank() == std::vector<std::uint8_t>(n, 0));
  CHECK_FALSE(file.has("skipped"));
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(sources[i].group == part.series.sources[i].group);
    CHECK(sources[i].first_row == part.series.sources[i].first_row);
    REQUIRE(sources[i].group < groups.size());
    CHECK(groups[sources[i].group] == input.series.new_groups[sources[i].group]);
  }
}

// Calls of this process that have written anything, 0 where that is not known.
std::uint64_t n_write_calls() {
  std::ifstream file("/proc/self/io");
  for (std::string word; file >> word;) {
    std::uint64_t n = 0;
    if (word == "syscw:" && file >> n) return n;
  }
  return 0;
}

}  // namespace

TEST_CASE("write_hdf5: images, series and sources come back, whatever the chunk and the batch") {
  const test::TempDir dir;
  const WriterInput input = make_input(23);
  for (const std::int64_t per_chunk : {1, 3, 23, 40}) {
    for (const std::size_t batches : {1U, 2U, 100U}) {
      for (const bool known : {true, false}) {
        CAPTURE(per_chunk);
        CAPTURE(batches);
        const std::string path = dir.file("charts.h5");
        const std::uint64_t n_bytes =
            test::run_writer("write_hdf5", {{"path", path}, {"images_per_chunk", per_chunk}}, input,
                             {.batch = batches * static_cast<std::size_t>(per_chunk),
                              .n_lanes = 3,
                              .overwrite = true,
                              .n_series_known = known});
        CHECK(n_bytes == std::filesystem::file_size(path));
        const Hdf5Reading file(path);
        check_file(file, input, 0, 23);
        CHECK(file.chunk("images") == std::vector<hsize_t>{static_cast<hsize_t>(per_chunk), shape.height, shape.width});
        CHECK(file.groups() == input.series.new_groups);
      }
    }
  }
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5", "charts.h5.plotmill.jsonl"});
}

TEST_CASE("write_hdf5: float32 is the gray value over 255, little-endian, and paper is the fill value") {
  const test::TempDir dir;
  const WriterInput input = make_input(7);
  for (const std::string dtype : {"uint8", "float32"}) {
    const std::string path = dir.file(dtype + ".h5");
    test::run_writer("write_hdf5", {{"path", path}, {"dtype", dtype}, {"images_per_chunk", 2}}, input, {.batch = 4});
    const Hdf5Reading file(path);
    const Hdf5Handle images = file.dataset("images");
    const Hdf5Handle type(H5Dget_type(images.get()), H5Tclose);
    const Hdf5Handle properties(H5Dget_create_plist(images.get()), H5Pclose);
    float fill = -1;
    H5Pget_fill_value(properties.get(), H5T_NATIVE_FLOAT, &fill);
    if (dtype == "uint8") {
      CHECK(H5Tequal(type.get(), H5T_STD_U8LE) > 0);
      CHECK(fill == 255.0F);
      continue;
    }
    CHECK(H5Tequal(type.get(), H5T_IEEE_F32LE) > 0);
    CHECK(fill == 1.0F);
    std::vector<float> expected;
    for (const std::uint8_t gray : gray_of(input, 0, 7)) expected.push_back(static_cast<float>(gray) / 255.0F);
    CHECK(file.units() == expected);
  }
}

TEST_CASE("write_hdf5: a short last chunk is padded with paper") {
  const test::TempDir dir;
  const WriterInput input = make_input(5);
  const std::string path = dir.file("charts.h5");
  test::run_writer("write_hdf5", {{"path", path}, {"images_per_chunk", 4}}, input, {.batch = 4});
  const Hdf5Reading file(path);
  const Hdf5Handle images = file.dataset("images");
  const hsize_t corner[]{4, 0, 0};
  hsize_t n_stored = 0;
  REQUIRE(H5Dget_chunk_storage_size(images.get(), corner, &n_stored) >= 0);
  std::vector<std::uint8_t> stored(n_stored);
  std::uint32_t filters = 1;
  REQUIRE(H5Dread_chunk(images.get(), H5P_DEFAULT, corner, &filters, stored.data()) >= 0);
  CHECK(filters == 0);
  std::vector<std::uint8_t> chunk(4 * shape.n_pixels());
  uLongf n_bytes = chunk.size();
  REQUIRE(uncompress(chunk.data(), &n_bytes, stored.data(), stored.size()) == Z_OK);
  CHECK(n_bytes == chunk.size());
  auto expected = gray_of(input, 4, 1);
  expected.resize(4 * shape.n_pixels(), shape.paper);
  CHECK(chunk == expected);
}

TEST_CASE("write_hdf5: the file says how it was made") {
  const test::TempDir dir;
  const std::string path = dir.file("charts.h5");
  test::run_writer("write_hdf5", {{"path", path}}, make_input(1));
  const Hdf5Reading file(path);
  CHECK(file.attribute("plotmill_version") == "0.1.0");
  CHECK(file.attribute("definition") == R"({"plotmill": 1, "stages": ["ß"]})");
}

TEST_CASE("write_hdf5: no images give a whole file without any") {
  const test::TempDir dir;
  const std::string path = dir.file("charts.h5");
  const std::uint64_t n_bytes = test::run_writer("write_hdf5", {{"path", path}}, make_input(0));
  CHECK(n_bytes == std::filesystem::file_size(path));
  const Hdf5Reading file(path);
  CHECK(file.shape("images") == std::vector<hsize_t>{0, shape.height, shape.width});
  CHECK(file.shape("sequences") == std::vector<hsize_t>{0, 5});
  CHECK(file.groups().empty());
  test::run_writer("write_hdf5", {{"path", dir.file("split.h5")}, {"images_per_file", 2}}, make_input(0));
  CHECK(Hdf5Reading(dir.file("split_0000.h5")).shape("images").front() == 0);
}

TEST_CASE("write_hdf5: sequences false leaves the series out") {
  const test::TempDir dir;
  const std::string path = dir.file("charts.h5");
  const WriterInput input = make_input(6);
  test::run_writer("write_hdf5", {{"path", path}, {"sequences", false}}, input, {.batch = 4});
  const Hdf5Reading file(path);
  CHECK(file.gray() == gray_of(input, 0, 6));
  for (const char* name : {"sequences", "source", "groups"}) CHECK_FALSE(file.has(name));
}

TEST_CASE("write_hdf5: the series have the least type that holds the input's values, or the one asked for") {
  struct Case {
    OptionValues values;
    ValueType of_input;
    bool is_double;
  };
  for (const auto& [values, of_input, is_double] :
       {Case{{}, ValueType::float32, false}, Case{{}, ValueType::float64, true},
        Case{{{"sequences", true}}, ValueType::float32, false},
        Case{{{"sequences", "float32"}}, ValueType::float64, false},
        Case{{{"sequences", "float64"}}, ValueType::float32, true}}) {
    const test::TempDir dir;
    const std::string path = dir.file("charts.h5");
    const WriterInput input = make_input(9);
    OptionValues all = values;
    all.emplace_back("path", path);
    test::run_writer("write_hdf5", all, input, {.batch = 4, .value_type = of_input});
    const Hdf5Reading file(path);
    check_file(file, input, 0, 9);
    const Hdf5Handle type(H5Dget_type(file.dataset("sequences").get()), H5Tclose);
    CHECK(H5Tequal(type.get(), is_double ? H5T_IEEE_F64LE : H5T_IEEE_F32LE) > 0);
  }
}

TEST_CASE("write_hdf5: series of float64 keep every digit, as float32 they are rounded to the nearest") {
  const test::TempDir dir;
  WriterInput input = make_input(2);
  input.series.values = {110000.01, 5e-324, -1e300, 0.1, 1, 2, 3, 4, 5, std::nan("")};
  test::run_writer("write_hdf5", {{"path", dir.file("a.h5")}}, input);
  const std::vector<double> kept = Hdf5Reading(dir.file("a.h5")).sequences();
  CHECK(std::equal(kept.begin(), kept.end() - 1, input.series.values.begin()));
  CHECK(std::isnan(kept.back()));

  // The greatest that rounds to a finite float32; 1 + 2^-24 is half way between two, 1 + 3 x 2^-24 as well.
  input.series.values = {110000.01,
                         5e-324,
                         -0x1.fffffefffffffp127,
                         1 + 0x1p-24,
                         1 + 0x3p-24,
                         2,
                         3,
                         -std::numeric_limits<double>::infinity(),
                         5,
                         std::nan("")};
  test::run_writer("write_hdf5", {{"path", dir.file("b.h5")}, {"sequences", "float32"}}, input);
  const std::vector<double> rounded = Hdf5Reading(dir.file("b.h5")).sequences();
  const std::vector<double> expected = {
      110000.0078125, 0, -0x1.fffffep127, 1, 1 + 0x1p-22, 2, 3, -std::numeric_limits<double>::infinity(), 5};
  CHECK(std::equal(expected.begin(), expected.end(), rounded.begin()));
  CHECK(std::isnan(rounded.back()));
}

TEST_CASE("write_hdf5: images_per_file splits, and every file can be read alone") {
  const WriterInput input = make_input(23);
  for (const std::size_t batch : {2U, 4U, 6U, 14U, 100U}) {
    CAPTURE(batch);
    const test::TempDir dir;
    const std::uint64_t n_bytes =
        test::run_writer("write_hdf5", {{"path", dir.file("a.b.h5")}, {"images_per_file", 6}, {"images_per_chunk", 2}},
                         input, {.batch = batch});
    std::uint64_t n_found = 0;
    for (const std::string& name : test::names_in(dir.path())) {
      if (name.ends_with(".h5")) n_found += std::filesystem::file_size(dir.file(name));
    }
    CHECK(n_bytes == n_found);
    CHECK(test::names_in(dir.path()) == std::vector<std::string>{"a.b.h5.plotmill.jsonl", "a.b_0000.h5", "a.b_0001.h5",
                                                                 "a.b_0002.h5", "a.b_0003.h5"});
    check_file(Hdf5Reading(dir.file("a.b_0000.h5")), input, 0, 6);
    check_file(Hdf5Reading(dir.file("a.b_0001.h5")), input, 6, 6);
    check_file(Hdf5Reading(dir.file("a.b_0002.h5")), input, 12, 6);
    check_file(Hdf5Reading(dir.file("a.b_0003.h5")), input, 18, 5);
  }
}

TEST_CASE("write_hdf5: a run that ends with a full file leaves no empty one behind") {
  const test::TempDir dir;
  test::run_writer("write_hdf5", {{"path", dir.file("charts.h5")}, {"images_per_file", 6}}, make_input(12));
  CHECK(std::filesystem::exists(dir.file("charts_0001.h5")));
  CHECK_FALSE(std::filesystem::exists(dir.file("charts_0002.h5")));
  CHECK_FALSE(std::filesystem::exists(dir.file("charts_0002.h5.part")));
}

TEST_CASE("write_hdf5: equal runs give equal files, and batches and lanes do not show in the data") {
  const test::TempDir dir;
  const WriterInput input = make_input(40);
  const auto write = [&](const char* name, test::WriterRun run) {
    const std::string path = dir.file(name);
    test::run_writer("write_hdf5", {{"path", path}, {"images_per_chunk", 2}}, input, run);
    return test::read_bytes(path);
  };
  const std::string first = write("a.h5", {.batch = 10});
  CHECK(first == write("b.h5", {.batch = 10}));
  CHECK(first == write("c.h5", {.batch = 10, .n_lanes = 4}));
  (void)write("d.h5", {.batch = 6});
  const Hdf5Reading a(dir.file("a.h5"));
  const Hdf5Reading d(dir.file("d.h5"));
  CHECK(a.gray() == d.gray());
  CHECK(a.sequences() == d.sequences());
  CHECK(a.groups() == d.groups());
}

TEST_CASE("write_hdf5: many images and long series go through several chunks of each dataset") {
  const test::TempDir dir;
  test::Random random(33);
  const WriterInput input = test::with_series(test::random_ink({3, 2, 0, 255}, 5000, random), 100, 3);
  const std::string path = dir.file("charts.h5");
  test::run_writer("write_hdf5", {{"path", path}}, input, {.batch = 64, .n_series_known = false});
  const Hdf5Reading file(path);
  CHECK(file.gray() == gray_of(input, 0, 5000));
  CHECK(file.sequences() == input.series.values);
  CHECK(file.sources().size() == 5000);
  CHECK(file.groups() == input.series.new_groups);
  CHECK(file.chunk("sequences") == std::vector<hsize_t>{327, 100});
}

TEST_CASE("write_hdf5: libver changes the format of the file and nothing that is in it") {
  const test::TempDir dir;
  const WriterInput input = make_input(60);
  const auto write = [&](const std::string& name, const std::string& libver) {
    std::string path = dir.file(name);
    test::run_writer("write_hdf5", {{"path", path}, {"libver", libver}}, input, {.batch = 25});
    return path;
  };
  // Where the number of the superblock stands; 0 is what every reader opens.
  const auto format = [](const std::string& path) { return static_cast<int>(test::read_bytes(path).at(8)); };
  const std::string earliest = write("earliest.h5", "earliest");
  const std::string v110 = write("v110.h5", "v110");
  CHECK(format(earliest) == 0);
  CHECK(format(v110) == 3);
  check_file(Hdf5Reading(earliest), input, 0, 60);
  check_file(Hdf5Reading(v110), input, 0, 60);
  test::run_writer("write_hdf5", {{"path", dir.file("default.h5")}}, input, {.batch = 25});
  CHECK(test::read_bytes(dir.file("default.h5")) == test::read_bytes(earliest));
  // Times are kept in whole seconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  CHECK(test::read_bytes(write("again.h5", "v110")) == test::read_bytes(v110));
}

TEST_CASE("write_hdf5: the chunks of a batch are handed to the system in few pieces") {
  const std::uint64_t before = n_write_calls();
  if (before == 0) {
    MESSAGE("SKIPPED: the system does not count calls that write in /proc/self/io");
    return;
  }
  const test::TempDir dir;
  const std::string path = dir.file("charts.h5");
  const WriterInput input = make_input(400);
  test::run_writer("write_hdf5", {{"path", path}}, input, {.batch = 100});
  CHECK(n_write_calls() - before < 100);
  check_file(Hdf5Reading(path), input, 0, 400);
}
