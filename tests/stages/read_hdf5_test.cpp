#include <doctest/doctest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "stages/hdf5_handle.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

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

  // A chunked and compressed dataset of floats in which this is stored as the chunk at the front.
  void add_stored_chunk(const std::vector<hsize_t>& shape, const std::vector<hsize_t>& chunk,
                        const std::vector<std::uint8_t>& bytes, std::uint32_t skipped_filters = 0,
                        bool deflate = true) {
    add("sequences", H5T_IEEE_F32LE, shape, -1, nullptr, chunk, deflate);
    const Hdf5Handle set(H5Dopen2(file_.get(), "sequences", H5P_DEFAULT), H5Dclose);
    const std::vector<hsize_t> place(shape.size(), 0);
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

Params with_path(const std::string& path, Params params = {}) {
  params.emplace_back("path", path);
  return params;
}

std::vector<std::uint8_t> zlib_stream(std::size_t n_zeros) {
  const std::vector<std::uint8_t> zeros(n_zeros);
  uLongf n = compressBound(n_zeros);
  std::vector<std::uint8_t> stream(n);
  REQUIRE(compress2(stream.data(), &n, zeros.data(), n_zeros, 9) == Z_OK);
  stream.resize(n);
  return stream;
}

void check_input_error(const std::string& path, const std::string& place, const std::vector<std::string>& parts,
                       const Params& params = {}) {
  check_error(ErrorKind::input, place, parts, [&] { (void)run_reader("read_hdf5", with_path(path, params)); });
}

}  // namespace

TEST_CASE("read_hdf5: each row of a table is a series, or windows are cut from it") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  Hdf5File(path).add_floats("sequences", {2, 3}, {1, 2, 3, 4, 5, 6});
  const ReadResult rows = run_reader("read_hdf5", with_path(path));
  CHECK(rows.shape.n_points == 3);
  CHECK(rows.shape.n_series == 2);
  CHECK(rows.all.values == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(rows.all.sources[1].first_row == 1);
  CHECK(rows.all.new_groups == std::vector<std::string>{""});

  const ReadResult windows = run_reader("read_hdf5", with_path(path, {{"window", Int{2}}}), 3);
  CHECK(windows.all.values == std::vector<float>{1, 2, 2, 3, 4, 5, 5, 6});
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
  CHECK(run_reader("read_hdf5", with_path(path, params)).all.values == std::vector<float>{1, 2, 3, 3, 4, 5});
  check_input_error(path, path + ":day/prices", {"one long series of 6 points", "`window`"},
                    {{"dataset", "day/prices"}});
  check_input_error(path, path + ":day/prices", {"a window of 9 points", "6 points"},
                    {{"dataset", "day/prices"}, {"window", Int{9}}});
}

TEST_CASE("read_hdf5: integers and floats of any size and byte order become float32") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const std::vector<double> numbers = {0, 1, 100, 7};
  for (const hid_t type : {H5T_STD_I8LE, H5T_STD_U8BE, H5T_STD_I16BE, H5T_STD_U16LE, H5T_STD_I32BE, H5T_STD_U32LE,
                           H5T_STD_I64BE, H5T_STD_U64LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    Hdf5File(path).add("sequences", type, {2, 2}, H5T_NATIVE_DOUBLE, numbers.data());
    CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<float>{0, 1, 100, 7});
  }
}

TEST_CASE("read_hdf5: a number too large for float32 is a gap") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  const std::vector<double> numbers = {1e300, -1e300, std::nan(""), 1};
  Hdf5File(path).add("sequences", H5T_IEEE_F64LE, {1, 4}, H5T_NATIVE_DOUBLE, numbers.data());
  const std::vector<float> got = run_reader("read_hdf5", with_path(path)).all.values;
  CHECK(std::isinf(got[0]));
  CHECK(std::isinf(got[1]));
  CHECK(std::isnan(got[2]));
  CHECK(got[3] == 1);
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

TEST_CASE("read_hdf5: a damaged chunk is told") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  std::vector<float> numbers(10000);
  std::mt19937 random(1);
  for (float& number : numbers) number = static_cast<float>(random() % 1000);
  Hdf5File(path).add_floats("sequences", {100, 100}, numbers, {100, 100});
  std::string bytes = read_bytes(path);
  for (std::size_t i = bytes.size() - 2000; i < bytes.size() - 1000; ++i) bytes[i] = static_cast<char>(i * 7);
  (void)dir.write("a.h5", bytes);
  check_input_error(path, path + ":/sequences", {"the chunk at 0, 0 is damaged", "its 40000 bytes"});
}

TEST_CASE("read_hdf5: a chunk that does not unpack to its size is refused, whether it gives more or less") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  // 10 x 10 floats are 400 bytes. HDF5 would make room for what comes out, and read beyond the end of what is short.
  for (const std::size_t n_bytes : {399U, 401U, 1U << 26U}) {
    CAPTURE(n_bytes);
    Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, zlib_stream(n_bytes));
    check_input_error(path, path + ":/sequences", {"the chunk at 0, 0 is damaged", "400"});
  }
  Hdf5File(path).add_stored_chunk({100}, {50}, zlib_stream(150));
  check_input_error(path, path + ":/sequences", {"the chunk at 0 is damaged", "its 200 bytes"}, {{"window", Int{5}}});
  // Stored without its filter, and too short.
  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, std::vector<std::uint8_t>(300), 1);
  check_input_error(path, path + ":/sequences", {"the chunk at 0, 0 is damaged", "its 400 bytes"});
  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, std::vector<std::uint8_t>(9000));
  check_input_error(path, path + ":/sequences", {"is damaged: it is stored in 9000 bytes"});

  // Without filters there is nothing to compare: what is read is what follows, or it is beyond the end.
  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, std::vector<std::uint8_t>(3), 0, false);
  check_error(ErrorKind::io, path + ":/sequences", {"cannot be read"},
              [&] { (void)run_reader("read_hdf5", with_path(path)); });

  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, zlib_stream(400));
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<float>(100));
  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, std::vector<std::uint8_t>(400), 1);
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<float>(100));
}

TEST_CASE("read_hdf5: what would take more than run.memory is refused before it is read") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  constexpr std::uint64_t memory_bytes = std::uint64_t{32} << 20U;
  const auto check = [&](const std::vector<std::string>& parts, const Params& params = {}) {
    check_error(ErrorKind::input, path + ":/sequences", parts,
                [&] { (void)run_reader("read_hdf5", with_path(path, params), 1, memory_bytes); });
  };
  Hdf5File(path).add("sequences", H5T_IEEE_F32LE, {1U << 20U, 1U << 20U}, -1, nullptr, {1U << 14U, 1U << 15U});
  check({"a chunk of the dataset has 2147483648 bytes", "half of run.memory (16777216 bytes)", "smaller chunks"},
        {{"window", Int{10}}});
  Hdf5File(path).add("sequences", H5T_IEEE_F32LE, {1U << 20U, 17U << 20U}, -1, nullptr);
  check({"a window of 16777216 points takes 67108864 bytes", "run.memory (33554432 bytes)"},
        {{"window", Int{16777216}}});
  const Hdf5Handle wide(H5Tcopy(H5T_STD_I32LE), H5Tclose);
  H5Tset_size(wide.get(), std::size_t{1} << 30U);
  Hdf5File(path).add("sequences", wide.get(), {2, 2}, -1, nullptr);
  check({"a number of the dataset has 1073741824 bytes", "integers of at most 8"});
  H5Tset_size(wide.get(), 16);
  Hdf5File(path).add("sequences", wide.get(), {2, 2}, -1, nullptr);
  check({"a number of the dataset has 16 bytes", "integers of at most 8"});
  Hdf5File(path).add_virtual("sequences", "others", {2, 2});
  check({"virtual", "h5repack"});
}

TEST_CASE("read_hdf5: a dataset that is stored in fewer bytes than its shape has is refused") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  // The message of the dataset's layout (type 8, of 24 bytes, not shared): version 3, contiguous, where, 400 bytes.
  Hdf5File(path).add_floats("sequences", {10, 10}, std::vector<float>(100));
  std::string bytes = read_bytes(path);
  const std::string layout("\x08\0\x18\0\0\0\0\0\x03\x01", 10);
  const std::size_t at = bytes.find(layout);
  REQUIRE(at != std::string::npos);
  const std::size_t size_at = at + layout.size() + 8;
  REQUIRE(static_cast<unsigned char>(bytes[size_at]) + 256 * bytes[size_at + 1] == 400);
  std::string shorter = bytes;
  shorter[size_at + 1] = 0;
  (void)dir.write("a.h5", shorter);
  check_input_error(path, path + ":/sequences", {"is damaged: 144 bytes are stored"});
  bytes[at + 8] = 1;  // In this version the message says: compact, and nothing there. HDF5 reads from address 0.
  (void)dir.write("a.h5", bytes);
  check_error(ErrorKind::input, path + ":/sequences", {"is damaged: 0 bytes are stored"},
              [&] { (void)run_reader("read_hdf5", with_path(path)); });
}

TEST_CASE("read_hdf5: a dataset of very many chunks of one number takes no more memory than others") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  Hdf5File(path).add("sequences", H5T_IEEE_F32LE, {3, 20000}, -1, nullptr, {1, 1});
  CHECK(run_reader("read_hdf5", with_path(path), 1, std::uint64_t{1} << 20U).all.values == std::vector<float>(60000));
  // Some are there, most are not.
  Hdf5File(path).add_stored_chunk({10, 30}, {10, 10}, zlib_stream(400));
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<float>(300));
}

TEST_CASE("read_hdf5: the datasets of a file are named without going down into it without end") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  Hdf5File(path).add_nested_groups(3000);
  check_input_error(path, path, {"there is no dataset \"/sequences\""});
}

TEST_CASE("read_hdf5: chunks are checked through every filter that they have") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  std::vector<float> numbers(2000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 100);
  using Set = std::function<void(hid_t)>;
  const Set shuffle = [](hid_t create) { H5Pset_shuffle(create); };
  const Set deflate = [](hid_t create) { H5Pset_deflate(create, 6); };
  const Set fletcher = [](hid_t create) { H5Pset_fletcher32(create); };
  const Set nbit = [](hid_t create) { H5Pset_nbit(create); };
  const Set scale = [](hid_t create) { H5Pset_scaleoffset(create, H5Z_SO_FLOAT_DSCALE, 2); };
  const Set szip = [](hid_t create) { H5Pset_szip(create, H5_SZIP_NN_OPTION_MASK, 8); };
  const Set edges = [](hid_t create) { H5Pset_chunk_opts(create, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS); };
  for (const std::vector<Set>& filters : {std::vector<Set>{shuffle, deflate},
                                          {deflate, fletcher},
                                          {fletcher, shuffle, deflate},
                                          {fletcher},
                                          {shuffle},
                                          {nbit},
                                          {scale},
                                          {szip},
                                          {deflate, edges},
                                          {shuffle, deflate, fletcher, edges}}) {
    const Hdf5Handle latest(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_libver_bounds(latest.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
    {
      const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, latest.get()), H5Fclose);
      const std::vector<hsize_t> shape = {20, 100};
      const std::vector<hsize_t> chunk = {7, 64};
      const Hdf5Handle space(H5Screate_simple(2, shape.data(), nullptr), H5Sclose);
      const Hdf5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      H5Pset_chunk(create.get(), 2, chunk.data());
      for (const Set& filter : filters) filter(create.get());
      const Hdf5Handle set(
          H5Dcreate2(file.get(), "sequences", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, create.get(), H5P_DEFAULT),
          H5Dclose);
      REQUIRE(set);
      REQUIRE(H5Dwrite(set.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >= 0);
    }
    CHECK(run_reader("read_hdf5", with_path(path)).all.values == numbers);
  }
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

    std::vector<float> expected;
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
