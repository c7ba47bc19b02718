#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <tuple>

#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

std::string header_text(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

std::string npy(const std::string& header, const std::string& data, int version = 1) {
  std::string text = header;
  const std::size_t prefix = version == 1 ? 10 : 12;
  while ((prefix + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (std::size_t i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(text.size() >> (8 * i) & 0xFFU);
  return file + text + data;
}

template <typename Number>
std::string bytes_of(const std::vector<Number>& numbers, bool swap = false) {
  std::string bytes;
  for (const Number number : numbers) {
    char part[sizeof number];
    std::memcpy(part, &number, sizeof number);
    if (swap) std::reverse(part, part + sizeof number);
    bytes.append(part, sizeof number);
  }
  return bytes;
}

ReadResult read_bytes_as_npy(const std::string& bytes, Params params = {}, std::size_t at_most = 1000) {
  const TempDir dir;
  params.emplace_back("path", dir.write("a.npy", bytes));
  return run_reader("read_npy", params, at_most);
}

void check_bytes_error(const std::string& bytes, const std::vector<std::string>& parts, Params params = {}) {
  const TempDir dir;
  const std::string path = dir.write("a.npy", bytes);
  params.emplace_back("path", path);
  check_error(ErrorKind::input, path, parts, [&] { (void)run_reader("read_npy", params); });
}

template <typename Number>
void check_type(const std::string& type, const std::vector<Number>& numbers) {
  CAPTURE(type);
  std::vector<double> expected;
  for (const Number number : numbers) expected.push_back(static_cast<double>(number));
  const std::string shape = "(1, " + std::to_string(numbers.size()) + ")";
  CHECK(read_bytes_as_npy(npy(header_text("'<" + type + "'", shape), bytes_of(numbers))).all.values == expected);
  CHECK(read_bytes_as_npy(npy(header_text("'>" + type + "'", shape), bytes_of(numbers, true))).all.values == expected);
}

const std::string six_floats = bytes_of<float>({1, 2, 3, 4, 5, 6});

}  // namespace

TEST_CASE("read_npy: each row of a table is a series") {
  const ReadResult result = read_bytes_as_npy(npy(header_text("'<f4'", "(2, 3)"), six_floats));
  CHECK(result.shape.n_points == 3);
  CHECK(result.shape.n_series == 2);
  CHECK(result.all.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(result.all.sources[1].first_row == 1);
  CHECK(result.all.new_groups == std::vector<std::string>{""});
}

TEST_CASE("read_npy: windows of rows do not straddle two") {
  const ReadResult result = read_bytes_as_npy(npy(header_text("'<f4'", "(2, 3)"), six_floats), {{"window", Int{2}}}, 3);
  CHECK(result.shape.n_series == 4);
  CHECK(result.all.values == std::vector<double>{1, 2, 2, 3, 4, 5, 5, 6});
  CHECK(result.all.sources[3].first_row == 4);
}

TEST_CASE("read_npy: windows of one long series") {
  const std::string bytes = npy(header_text("'<f4'", "(6,)", "True"), six_floats);
  const ReadResult result = read_bytes_as_npy(bytes, {{"window", Int{3}}, {"stride", Int{2}}});
  CHECK(result.all.values == std::vector<double>{1, 2, 3, 3, 4, 5});
  CHECK(result.all.sources[1].first_row == 2);
  CHECK(read_bytes_as_npy(bytes, {{"window", Int{3}}, {"limit", Int{3}}}).shape.n_series == 3);
  CHECK(read_bytes_as_npy(bytes, {{"window", Int{6}}, {"limit", Int{3}}}).shape.n_series == 1);
  check_bytes_error(bytes, {"one long series of 6 points", "`window`"});
  check_bytes_error(bytes, {"a window of 7 points does not fit", "6 points"}, {{"window", Int{7}}});
  for (const std::int64_t limit : {1, 2}) {
    CHECK(read_bytes_as_npy(npy(header_text("'<f4'", "(6,)"), six_floats),
                            {{"window", std::int64_t{2}}, {"limit", limit}})
              .all.size() == static_cast<std::size_t>(limit));
  }
}

TEST_CASE("read_npy: integers that no double holds become the nearest") {
  const std::string eight = bytes_of<std::int64_t>({9007199254740993, 9007199254740995, -9007199254740993});
  CHECK(read_bytes_as_npy(npy(header_text("'<i8'", "(1, 3)"), eight)).all.values ==
        std::vector<double>{9007199254740992, 9007199254740996, -9007199254740992});
  const std::string unsigned_eight = bytes_of<std::uint64_t>({18446744073709551615U, 9007199254740995, 2});
  CHECK(read_bytes_as_npy(npy(header_text("'<u8'", "(1, 3)"), unsigned_eight)).all.values ==
        std::vector<double>{0x1p64, 9007199254740996, 2});
}

TEST_CASE("read_npy: numbers of at most 16 bits, and float32, fit in float32") {
  for (const auto& [type, n_bytes, fits] : {std::tuple("i1", 1U, true),
                                            {"u1", 1U, true},
                                            {"i2", 2U, true},
                                            {"u2", 2U, true},
                                            {"f4", 4U, true},
                                            {"i4", 4U, false},
                                            {"u4", 4U, false},
                                            {"i8", 8U, false},
                                            {"u8", 8U, false},
                                            {"f8", 8U, false}}) {
    CAPTURE(type);
    const std::string bytes = npy(header_text("'<" + std::string(type) + "'", "(1, 1)"), std::string(n_bytes, '\0'));
    CHECK((read_bytes_as_npy(bytes).shape.value_type == ValueType::float32) == fits);
  }
}

TEST_CASE("read_npy: all types of numbers, in both byte orders") {
  check_type<float>("f4", {1.5F, -2e30F, 0});
  check_type<double>("f8", {1.5, -2e30, 1e-300});
  check_type<std::int8_t>("i1", {-128, 127});
  check_type<std::int16_t>("i2", {-32768, 258});
  check_type<std::int32_t>("i4", {-2147483647, 66051});
  check_type<std::int64_t>("i8", {-9007199254740993, 72623859790382856});
  check_type<std::uint8_t>("u1", {0, 255});
  check_type<std::uint16_t>("u2", {65535, 258});
  check_type<std::uint32_t>("u4", {4294967295U, 66051});
  check_type<std::uint64_t>("u8", {18446744073709551615U, 72623859790382856U});
  check_type<double>("f8", {110000.01, 1e39, -1.7e308, 5e-324});
  CHECK(read_bytes_as_npy(npy(header_text("'|u1'", "(1, 2)"), "\x01\x02")).all.values == std::vector<double>{1, 2});
}

TEST_CASE("read_npy: versions 1, 2 and 3 of the format") {
  for (const int version : {1, 2, 3}) {
    const std::string header = header_text("\"<f4\"", "(2L,3L)");
    CHECK(read_bytes_as_npy(npy(header, six_floats, version)).all.size() == 2);
  }
  check_bytes_error(npy(header_text("'<f4'", "(2, 3)"), six_floats, 4), {"version 4.0", "1, 2 and 3"});
}

TEST_CASE("read_npy: types that are no numbers are named") {
  for (const char* descr :
       {"'|O'", "'<U5'", "'|S3'", "'<c8'", "'<f2'", "'<f16'", "'|b1'", "'<M8[ns]'", "'|i4'", "'f4'"}) {
    const std::string name = std::string("\"") + std::string(descr + 1).substr(0, std::strlen(descr) - 2) + "\"";
    check_bytes_error(npy(header_text(descr, "(2, 3)"), six_floats), {"dtype", name, "astype"});
  }
  check_bytes_error(npy(header_text("[('a', '<f4'), ('b', '<i4', (2, 3))]", "(2, 3)"), six_floats),
                    {"structured type"});
}

TEST_CASE("read_npy: shapes that hold no series") {
  check_bytes_error(npy(header_text("'<f4'", "(2, 3)", "True"), six_floats), {"Fortran order", "ascontiguousarray"});
  check_bytes_error(npy(header_text("'<f4'", "(0, 100)"), ""), {"has no series", "(0, 100)"});
  check_bytes_error(npy(header_text("'<f4'", "(5, 0)"), ""), {"has no series", "(5, 0)"});
  check_bytes_error(npy(header_text("'<f4'", "(0,)"), ""), {"has no series", "(0,)"}, {{"window", Int{5}}});
  check_bytes_error(npy(header_text("'<f4'", "()"), six_floats), {"shape is ()"});
  check_bytes_error(npy(header_text("'<f4'", "(1, 2, 3)"), six_floats), {"shape is (1, 2, 3)", "1 dimension"});
  check_bytes_error(npy(header_text("'|u1'", "(1, 16777217)"), std::string(16777217, 'x')),
                    {"16777217 points", "`window`"});
}

TEST_CASE("read_npy: damaged files") {
  const std::string good = npy(header_text("'<f4'", "(2, 3)"), six_floats);
  for (std::size_t n = 0; n < good.size(); ++n) {
    CAPTURE(n);
    check_bytes_error(good.substr(0, n), {n == 0                                ? "is empty"
                                          : n < 6                               ? "not a .npy file"
                                          : n < good.size() - six_floats.size() ? "ends within its header"
                                                                                : "needs 24 bytes"});
  }
  check_bytes_error("a,b\n1,2\n", {"not a .npy file"});
  check_bytes_error(npy(header_text("'<f4'", "(1000000000000, 3)"), six_floats),
                    {"(1000000000000, 3)", "there are 24"});
  check_bytes_error(npy(header_text("'<f8'", "(2305843009213693952, 1)"), six_floats), {"more than 2^64"});
  check_bytes_error(npy(header_text("'<f4'", "(4294967296, 4294967296)"), six_floats), {"too large"});
  check_bytes_error(std::string("\x93NUMPY\x02\0\xFF\xFF\xFF\xFF", 12), {"header of 4294967295 bytes"});
  for (const char* header :
       {"", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", "{'descr': '<f4, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999999999999)}", "{'descr': [(",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'shape': (2, 3)}", "{'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x"}) {
    check_bytes_error(npy(header, six_floats), {"header that is not understood"});
  }
}

TEST_CASE("read_npy: windows that take more than run.memory are refused before they are read") {
  const TempDir dir;
  const std::string path = dir.write("a.npy", npy(header_text("'<f8'", "(300000,)"), std::string(2400000, '\0')));
  check_error(ErrorKind::input, path,
              {"a window of 300000 points takes 2400000 bytes", "run.memory (1048576 bytes)", "smaller `window`"}, [&] {
                (void)run_reader("read_npy", {{"path", path}, {"window", Int{300000}}}, 1, std::uint64_t{1} << 20U);
              });
  CHECK(run_reader("read_npy", {{"path", path}, {"window", Int{100000}}, {"stride", Int{100000}}}, 1,
                   std::uint64_t{1} << 20U)
            .all.size() == 3);
}

TEST_CASE("read_npy: a file that is not there") {
  const TempDir dir;
  const auto check = [](const std::string& path, const char* part) {
    check_error(ErrorKind::input, path, {part}, [&] { (void)run_reader("read_npy", {{"path", path}}); });
  };
  check(dir.file("missing.npy"), "No such file or directory");
  check(dir.path().string(), "Is a directory");
  check("/dev/null", "not a regular file");
  REQUIRE(::mkfifo(dir.file("pipe.npy").c_str(), 0600) == 0);
  check(dir.file("pipe.npy"), "not a regular file");
  check_error(ErrorKind::definition, "params/path", {"\"\""}, [] { (void)make_reader("read_npy", {{"path", ""}}); });
}

TEST_CASE("read_npy: equals plain slicing for random shapes, windows and batches") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random()) % n; };
    // Some arrays are larger than a block of the reader.
    const bool large = seed % 6 == 0;
    const bool table = below(2) == 0;
    const std::size_t length = large ? 1 + below(table ? 5000 : 900000) : 1 + below(50);
    const std::size_t n_rows = !table ? 1 : large ? 1 + 900000 / length : 1 + below(20);
    std::vector<float> numbers(n_rows * length);
    for (float& number : numbers) number = static_cast<float>(below(1U << 24U));
    const std::size_t window =
        1 + below(static_cast<std::uint32_t>(large ? std::min<std::size_t>(length, 100) : length));
    const std::size_t stride = large ? 1 + below(seed % 12 == 0 ? 400000 : 300) : 1 + below(5);

    std::vector<double> expected;
    std::vector<std::uint64_t> first_rows;
    for (std::size_t row = 0; row < n_rows; ++row) {
      for (std::size_t i = 0; i + window <= length; i += stride) {
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(row * length + i);
        expected.insert(expected.end(), first, first + static_cast<std::ptrdiff_t>(window));
        first_rows.push_back(window == length ? row : row * length + i);
      }
    }
    const std::string shape = table ? "(" + std::to_string(n_rows) + ", " + std::to_string(length) + ")"
                                    : "(" + std::to_string(length) + ",)";
    const ReadResult result =
        read_bytes_as_npy(npy(header_text("'<f4'", shape), bytes_of(numbers)),
                          {{"window", static_cast<Int>(window)}, {"stride", static_cast<Int>(stride)}}, 1 + below(300));
    CHECK(result.all.values == expected);
    REQUIRE(result.all.size() == first_rows.size());
    bool same = true;
    for (std::size_t i = 0; i < first_rows.size(); ++i) same &= result.all.sources[i].first_row == first_rows[i];
    CHECK(same);
  }
}
