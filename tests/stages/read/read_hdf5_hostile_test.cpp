// read_hdf5 and files that are damaged, or made to take more memory than there is.
#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "stages/hdf5/handle.hpp"
#include "support/hdf5_inputs.hpp"
#include "support/make_reader.hpp"
#include "support/process_use.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

std::vector<std::uint8_t> zlib_stream(std::size_t n_zeros) {
  const std::vector<std::uint8_t> zeros(n_zeros);
  uLongf n = compressBound(n_zeros);
  std::vector<std::uint8_t> stream(n);
  REQUIRE(compress2(stream.data(), &n, zeros.data(), n_zeros, 9) == Z_OK);
  stream.resize(n);
  return stream;
}

}  // namespace

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
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<double>(100));
  Hdf5File(path).add_stored_chunk({10, 10}, {10, 10}, std::vector<std::uint8_t>(400), 1);
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<double>(100));
}

TEST_CASE("read_hdf5: every chunk of a table is checked, wherever it lies") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  for (hsize_t row = 0; row < 30; row += 10) {
    for (hsize_t column = 0; column < 30; column += 10) {
      Hdf5File(path).add_stored_chunk({30, 30}, {10, 10}, zlib_stream(401), 0, true, {row, column});
      const std::string place = std::to_string(row) + ", " + std::to_string(column);
      check_input_error(path, path + ":/sequences", {"the chunk at " + place + " is damaged"});
    }
  }
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
  check({"a window of 16777216 points takes 134217728 bytes", "run.memory (33554432 bytes)"},
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
  CHECK(run_reader("read_hdf5", with_path(path), 1, std::uint64_t{1} << 20U).all.values == std::vector<double>(60000));
  // Some are there, most are not.
  Hdf5File(path).add_stored_chunk({10, 30}, {10, 10}, zlib_stream(400));
  CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<double>(300));
}

TEST_CASE("read_hdf5: chunks of which a row takes a part are kept within run.memory") {
  const TempDir dir;
  const std::string path = dir.file("a.h5");
  // A row reaches into 512 chunks of 64 KiB.
  Hdf5File(path).add_stored_chunk({32, 262144}, {32, 512}, zlib_stream(65536));
  const auto reader = make_reader("read_hdf5", with_path(path));
  Sequences batch;
  batch.n_points =
      reader->open({.memory_bytes = std::uint64_t{8} << 20U, .definition = {}, .plotmill_version = {}}).n_points;
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 3; ++i) {
    batch.clear();
    CHECK(reader->read(batch, 1));
  }
  if (has_sanitizer) {
    MESSAGE("SKIPPED: what is resident, of which a sanitizer keeps more");
  } else {
    CHECK(resident_bytes() < before + (std::size_t{16} << 20U));
  }
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
    CHECK(run_reader("read_hdf5", with_path(path)).all.values == std::vector<double>(numbers.begin(), numbers.end()));
  }
}
