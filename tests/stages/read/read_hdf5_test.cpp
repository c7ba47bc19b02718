#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "stages/hdf5/handle.hpp"
#include "support/hdf5_inputs.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

}  // namespace

TEST_CASE("read_hdf5: each row of a table is a series, or windows are cut from it") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  Hdf5File(path).add_floats("sequences", {2, 3}, {1, 2, 3, 4, 5, 6});
  const ReadResult rows = run_reader("read_hdf5", with_path(path));
  CHECK(rows.shape.n_points == 3);
  CHECK(rows.shape.n_series == 2);
  CHECK(rows.all.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(rows.all.sources[1].first_row == 1);
  CHECK(rows.all.new_groups == std::vector<std::string>{""});

  const ReadResult windows = run_reader("read_hdf5", with_path(path, {{"window", Int{2}}}), 3);
  CHECK(windows.all.values == std::vector<double>{1, 2, 2, 3, 4, 5, 5, 6});
  CHECK(windows.all.sources[3].first_row == 4);
}

TEST_CASE("read_hdf5: windows of one long series in a nested group") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  {
    Hdf5File file(path);
    file.add_group("day");
    file.add_floats("day/prices", {6}, {1, 2, 3, 4, 5, 6});
  }
  const Params params = {{"dataset", "/day/prices"}, {"window", Int{3}}, {"stride", Int{2}}};
  CHECK(run_reader("read_hdf5", with_path(path, params)).all.values == std::vector<double>{1, 2, 3, 3, 4, 5});
  check_input_error(path, path + ":day/prices", {"one long series of 6 points", "`window`"},
                    {{"dataset", "day/prices"}});
  check_input_error(path, path + ":day/prices", {"a window of 9 points", "6 points"},
                    {{"dataset", "day/prices"}, {"window", Int{9}}});
}

TEST_CASE("read_hdf5: integers and floats of any size and byte order become doubles") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const std::vector<double> numbers = {0, 1, 100, 7};
  for (const hid_t type : {H5T_STD_I8LE, H5T_STD_U8BE, H5T_STD_I16BE, H5T_STD_U16LE, H5T_STD_I32BE, H5T_STD_U32LE,
                           H5T_STD_I64BE, H5T_STD_U64LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    Hdf5File(path).add("sequences", type, {2, 2}, H5T_NATIVE_DOUBLE, numbers.data());
    CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<double>{0, 1, 100, 7});
  }
}

TEST_CASE("read_hdf5: numbers become the nearest double, however large or small they are") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const std::vector<double> numbers = {110000.01, 1e39, -1.7e308, 5e-324};
  for (const hid_t type : {H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    Hdf5File(path).add("sequences", type, {1, 4}, H5T_NATIVE_DOUBLE, numbers.data());
    CHECK(run_reader("read_hdf5", with_path(path)).all.values == numbers);
  }
  const std::vector<std::int64_t> integers = {9007199254740993, 9007199254740995, -9007199254740993, 2000000001};
  for (const hid_t type : {H5T_STD_I64LE, H5T_STD_I64BE}) {
    Hdf5File(path).add("sequences", type, {1, 4}, H5T_NATIVE_INT64, integers.data());
    CHECK(run_reader("read_hdf5", with_path(path)).all.values ==
          std::vector<double>{9007199254740992, 9007199254740996, -9007199254740992, 2000000001});
  }
  const std::vector<std::uint64_t> large = {18446744073709551615U, 9007199254740995U, 9223372036854775809U, 2};
  for (const hid_t type : {H5T_STD_U64LE, H5T_STD_U64BE}) {
    Hdf5File(path).add("sequences", type, {1, 4}, H5T_NATIVE_UINT64, large.data());
    CHECK(run_reader("read_hdf5", with_path(path)).all.values ==
          std::vector<double>{0x1p64, 9007199254740996, 0x1p63, 2});
  }
}

TEST_CASE("read_hdf5: infinity is a gap, as NaN is") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> numbers = {infinity, -infinity, std::nan(""), 1};
  Hdf5File(path).add("sequences", H5T_IEEE_F64LE, {1, 4}, H5T_NATIVE_DOUBLE, numbers.data());
  const std::vector<double> got = run_reader("read_hdf5", with_path(path)).all.values;
  CHECK(got[0] == infinity);
  CHECK(got[1] == -infinity);
  CHECK(std::isnan(got[2]));
  CHECK(got[3] == 1);
}

TEST_CASE("read_hdf5: numbers of at most 16 bits, and floats of at most 32, fit in float32") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const auto fits = [&](hid_t type) {
    Hdf5File(path).add("sequences", type, {1, 2}, -1, nullptr);
    return run_reader("read_hdf5", with_path(path)).shape.value_type == ValueType::float32;
  };
  for (const hid_t type : {H5T_STD_I8LE, H5T_STD_U8BE, H5T_STD_I16BE, H5T_STD_U16LE, H5T_IEEE_F32LE, H5T_IEEE_F32BE}) {
    CHECK(fits(type));
  }
  for (const hid_t type :
       {H5T_STD_I32LE, H5T_STD_U32BE, H5T_STD_I64LE, H5T_STD_U64LE, H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    CHECK_FALSE(fits(type));
  }
  const auto floating = [](std::size_t n_exponent, std::size_t n_mantissa, std::size_t bias) {
    Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    const std::size_t n_bits = 1 + n_exponent + n_mantissa;
    REQUIRE(H5Tset_fields(type.get(), n_bits - 1, n_mantissa, n_exponent, 0, n_mantissa) >= 0);
    REQUIRE(H5Tset_precision(type.get(), n_bits) >= 0);
    REQUIRE(H5Tset_ebias(type.get(), bias) >= 0);
    return type;
  };
  CHECK(fits(floating(5, 10, 15).get()));         // float16
  CHECK(fits(floating(8, 7, 127).get()));         // bfloat16
  CHECK_FALSE(fits(floating(9, 10, 255).get()));  // Reaches farther than float32,
  CHECK_FALSE(fits(floating(8, 10, 100).get()));  // and so does this.
}

TEST_CASE("read_hdf5: types that are no numbers are named") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(text.get(), 5);
  const Hdf5Handle compound(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
  H5Tinsert(compound.get(), "a", 0, H5T_NATIVE_FLOAT);
  const Hdf5Handle boolean(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  const std::int8_t value = 0;
  H5Tenum_insert(boolean.get(), "FALSE", &value);
  const auto check = [&](hid_t type, const char* part) {
    Hdf5File(path).add("sequences", type, {2, 3}, -1, nullptr);
    check_input_error(path, path + ":/sequences", {part, "integers and floats"});
  };
  check(text.get(), "text");
  check(compound.get(), "compound");
  check(boolean.get(), "enumeration");
}

TEST_CASE("read_hdf5: shapes that hold no series") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const auto check = [&](const std::vector<hsize_t>& shape, const std::vector<std::string>& parts) {
    Hdf5File(path).add("sequences", H5T_IEEE_F32LE, shape, -1, nullptr);
    check_input_error(path, path + ":/sequences", parts);
  };
  check({}, {"shape is ()", "1 dimension"});
  check({0, 3}, {"has no series", "(0, 3)"});
  check({3, 0}, {"has no series", "(3, 0)"});
  check({1, 2, 3}, {"shape is (1, 2, 3)", "1 dimension"});
}

TEST_CASE("read_hdf5: a dataset that is not there") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  {
    Hdf5File file(path);
    file.add_group("group");
    file.add_floats("sequence", {1, 1}, {1});
    file.add_floats("group/other", {1, 1}, {1});
    file.add_link("dangling", "/nowhere");
  }
  check_input_error(path, path + ":dangling", {"cannot be opened", "a link to something that is not there"},
                    {{"dataset", "dangling"}});
  check_input_error(path, path,
                    {"\"/sequences\"", "did you mean \"/sequence\"?", "has \"/group/other\", \"/sequence\""});
  check_input_error(path, path, {"\"no/such/path\""}, {{"dataset", "no/such/path"}});
  check_input_error(path, path, {"\"/group\" is a group", "\"/sequence\""}, {{"dataset", "/group"}});
  check_input_error(path, path, {"\"/\" is a group"}, {{"dataset", "/"}});
  check_error(ErrorKind::definition, "params/dataset", {"\"\""}, [&] {
    (void)make_reader("read_hdf5", with_path(path, {{"dataset", ""}}));
  });
  const std::string empty = dir.file("empty.h5");
  { const Hdf5File file(empty); }
  check_input_error(empty, empty, {"The file has none"});
}

TEST_CASE("read_hdf5: files that are missing, damaged or something else") {
  const TempDir dir;
  check_input_error(dir.file("missing.h5"), dir.file("missing.h5"), {"No such file or directory"});
  check_input_error(dir.path().string(), dir.path().string(), {"Is a directory"});
  REQUIRE(::mkfifo(dir.file("pipe.h5").c_str(), 0600) == 0);
  check_input_error(dir.file("pipe.h5"), dir.file("pipe.h5"), {"is not a regular file, which is needed here"});
  const std::string csv = dir.write("a.csv", "a,b\n1,2\n");
  check_input_error(csv, csv, {"HDF5 file", "signature not found"});
  const std::string empty = dir.write("empty.h5", "");
  check_input_error(empty, empty, {"HDF5 file"});

  const std::string whole = dir.file("whole.h5");
  Hdf5File(whole).add_floats("sequences", {100, 100}, std::vector<float>(10000));
  const std::string bytes = read_bytes(whole);
  const std::string cut = dir.write("cut.h5", bytes.substr(0, bytes.size() / 2));
  check_input_error(cut, cut, {"truncated file"});
}

TEST_CASE("read_hdf5: an embedder's own printing of errors is put back") {
  H5E_auto2_t before = nullptr;
  H5E_auto2_t after = nullptr;
  void* data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &data);
  const TempDir dir;
  const std::string path = dir.write("a.h5", "no");
  CHECK_THROWS_AS((void)run_reader("read_hdf5", with_path(path)), Error);
  H5Eget_auto2(H5E_DEFAULT, &after, &data);
  CHECK((before == after));
  CHECK((before != nullptr));
}

TEST_CASE("read_hdf5: equals plain slicing for random shapes, chunks, windows and batches") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    // Some arrays are larger than a block of the reader.
    const bool large = seed % 5 == 0;
    const bool table = below(2) == 0;
    const std::size_t length = large ? 1 + below(table ? 400000 : 900000) : 1 + below(50);
    const std::size_t n_rows = !table ? 1 : large ? 1 + 900000 / length : 1 + below(20);
    std::vector<float> numbers(n_rows * length);
    for (float& number : numbers) number = static_cast<float>(below(1U << 24U));
    const std::size_t window = 1 + below(large ? std::min<std::size_t>(length, 100) : length);
    const std::size_t stride = large ? 1 + below(300) : 1 + below(5);
    std::vector<hsize_t> shape = {n_rows, length};
    std::vector<hsize_t> chunk = {1 + below(n_rows), large ? length : 1 + below(length)};
    if (!table) shape = {length}, chunk = {1 + below(length)};
    if (below(2) == 0) chunk.clear();
    Hdf5File(path).add("sequences", H5T_IEEE_F32LE, shape, H5T_NATIVE_FLOAT, numbers.data(), chunk, seed % 2 == 0);

    std::vector<double> expected;
    for (std::size_t row = 0; row < n_rows; ++row) {
      for (std::size_t i = 0; i + window <= length; i += stride) {
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(row * length + i);
        expected.insert(expected.end(), first, first + static_cast<std::ptrdiff_t>(window));
      }
    }
    const Params params = {{"window", static_cast<Int>(window)}, {"stride", static_cast<Int>(stride)}};
    CHECK(run_reader("read_hdf5", with_path(path, params), 1 + below(300)).all.values == expected);
  }
}
