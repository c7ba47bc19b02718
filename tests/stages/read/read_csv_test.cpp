#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "support/csv_reading.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

// `line` 0: the error is about the file as a whole.
void check_text_error(std::string_view text, const Params& params, int line, const std::vector<std::string>& parts) {
  const TempDir dir;
  const std::string path = dir.write("a.csv", text);
  check_error(ErrorKind::input, line > 0 ? path + ":" + std::to_string(line) : path, parts,
              [&] { (void)run_reader("read_csv", with_path(path, params)); });
}

const double gap = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

std::string candles_path() {
  const char* folder = std::getenv("PLOTMILL_TEST_DATA");
  return std::string(folder != nullptr ? folder : "../shared/data") + "/candles_1m.csv";
}

}  // namespace

TEST_CASE("read_csv: windows of a column, one row apart") {
  const ReadResult result =
      read_text("time,close\n1,10\n2,20\n3,30\n4,40\n", {{"column", "close"}, {"window", Int{3}}});
  CHECK(result.shape.n_points == 3);
  CHECK_FALSE(result.shape.n_series.has_value());
  REQUIRE(result.all.size() == 2);
  CHECK(result.series(0) == std::vector<double>{10, 20, 30});
  CHECK(result.series(1) == std::vector<double>{20, 30, 40});
  CHECK(result.all.sources[1].first_row == 1);
  CHECK(result.all.sources[1].group == 0);
  CHECK(result.all.new_groups == std::vector<std::string>{""});
}

TEST_CASE("read_csv: stride and limit") {
  const Params params = {{"column", Int{0}}, {"header", false}, {"window", Int{2}}, {"stride", Int{3}}};
  const std::string text = "0\n1\n2\n3\n4\n5\n6\n7\n";
  const ReadResult result = read_text(text, params);
  REQUIRE(result.all.size() == 3);
  CHECK(result.series(0) == std::vector<double>{0, 1});
  CHECK(result.series(1) == std::vector<double>{3, 4});
  CHECK(result.series(2) == std::vector<double>{6, 7});
  CHECK(result.all.sources[2].first_row == 6);

  Params limited = params;
  limited.emplace_back("limit", Int{2});
  CHECK(read_text(text, limited).all.size() == 2);
  CHECK(read_text(text, limited, 2).batch_sizes == std::vector<std::size_t>{2});
}

TEST_CASE("read_csv: a fault after the last series that is wanted does no harm") {
  const ReadResult result =
      read_text("1\n2\n\"oops\n", {{"column", Int{0}}, {"header", false}, {"window", Int{2}}, {"limit", Int{1}}});
  CHECK(result.all.size() == 1);
}

TEST_CASE("read_csv: an empty field is a gap, and so are nan and inf") {
  const ReadResult result = read_text("a,b\n,x\nnan,x\nNaN,x\ninf,x\n-inf,x\n  ,x\n1e999,x\n-1e999,x\n1e-999,x\n",
                                      {{"column", "a"}, {"window", Int{9}}});
  const std::vector<double> got = result.series(0);
  CHECK(equal(got, {gap, gap, gap, inf, -inf, gap, inf, got[7], 0}));
  CHECK(std::isinf(got[7]));
}

TEST_CASE("read_csv: a number is the nearest double, however large or small it is") {
  const ReadResult result = read_text(
      "a\n110000.01\n1e39\n-1.7e308\n5e-324\n-0.0\n9007199254740993\n9007199254740995\n18446744073709551615\n",
      {{"column", "a"}, {"window", Int{8}}});
  CHECK(result.series(0) ==
        std::vector<double>{110000.01, 1e39, -1.7e308, 5e-324, 0, 9007199254740992, 9007199254740996, 0x1p64});
  CHECK(std::signbit(result.series(0)[4]));
  CHECK(result.shape.value_type == ValueType::float64);
}

TEST_CASE("read_csv: numbers may have spaces around them, a plus and an exponent") {
  const ReadResult result =
      read_text("a\n 1.5\n2.5 \n+3\n-4\n1e2\n+1E-1\n\t.5\n", {{"column", "a"}, {"window", Int{7}}});
  CHECK(result.series(0) == std::vector<double>{1.5, 2.5, 3, -4, 100, 0.1, 0.5});
}

TEST_CASE("read_csv: quoted fields hold delimiters, line ends and quotes") {
  const ReadResult result = read_text(
      "\"the "
      "\"\"name\"\"\",\"va\nlue\"\r\n\"a,b\",1\r\n\"a,b\",\"2\"\r\n\"c\r\n\"\"d\"\"\",3\r\n\"c\r\n\"\"d\"\"\",4\r\n",
      {{"column", "va\nlue"}, {"group_by", "the \"name\""}, {"window", Int{2}}});
  CHECK(result.all.new_groups == std::vector<std::string>{"a,b", "c\r\n\"d\""});
  REQUIRE(result.all.size() == 2);
  CHECK(result.series(1) == std::vector<double>{3, 4});
  CHECK(result.all.sources[1].group == 1);
  CHECK(result.all.sources[1].first_row == 2);
}

TEST_CASE("read_csv: line ends may be LF or CRLF, missing at the end, or too many there") {
  const std::vector<double> expected = {1, 2};
  for (const std::string text : {"a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\n1,x\n2,y", "a,b\r\n1,x\r\n2,y\r",
                                 "a,b\n1,x\n2,y\n\n", "a,b\n1,x\n2,y\n\r\n\n",
                                 "\xEF\xBB\xBF"
                                 "a,b\n1,x\r\n2,\"y\""}) {
    CAPTURE(text);
    CHECK(read_text(text, {{"column", "a"}, {"window", Int{2}}}).all.values == expected);
  }
}

TEST_CASE("read_csv: a blank line among others is a gap in a file of one column") {
  const ReadResult result = read_text("a\n1\n\n\r\n2\n\n", {{"column", "a"}, {"window", Int{4}}});
  CHECK(equal(result.all.values, {1, gap, gap, 2}));
  check_text_error("a,b\n1,2\n\n3,4\n", {{"column", "a"}, {"window", Int{2}}}, 3, {"1 field", "2 fields"});
}

TEST_CASE("read_csv: other delimiters") {
  CHECK(read_text("a;b\n1,5;7\n", {{"column", "b"}, {"delimiter", ";"}, {"window", Int{1}}}).all.values[0] == 7);
  for (const char* tab : {"\t", "\\t"}) {
    CHECK(read_text("a\tb\n1\t7\n", {{"column", Int{1}}, {"delimiter", tab}, {"window", Int{1}}}).all.values[0] == 7);
  }
}

TEST_CASE("read_csv: rows of groups may be mixed, and windows never straddle two") {
  const ReadResult result = read_text("g,v\nshort,9\nb,1\na,10\nb,2\na,20\nb,3\na,30\n",
                                      {{"column", "v"}, {"group_by", Int{0}}, {"window", Int{2}}});
  // Numbered when the first window is complete: "short" has none.
  CHECK(result.all.new_groups == std::vector<std::string>{"b", "a"});
  REQUIRE(result.all.size() == 4);
  CHECK(result.all.values == std::vector<double>{1, 2, 10, 20, 2, 3, 20, 30});
  CHECK(result.all.sources[2].group == 0);
  CHECK(result.all.sources[2].first_row == 3);
  CHECK(result.all.sources[3].first_row == 4);
}

TEST_CASE("read_csv: groups that take more memory than there is are dropped, and missed only when they come back") {
  std::string sorted = "g,v\n";
  std::string mixed = "g,v\n";
  for (int g = 0; g < 200; ++g) {
    for (int i = 0; i < 50; ++i) {
      sorted += "g" + std::to_string(g) + "," + std::to_string(i) + "\n";
      mixed += "g" + std::to_string((g * 50 + i) % 200) + "," + std::to_string(i) + "\n";
    }
  }
  const TempDir dir;
  const Params params = {{"column", "v"}, {"group_by", "g"}, {"window", Int{50}}};
  const std::uint64_t memory_bytes = 150000;  // of 2 * 200 * 50 * 12 and the names
  const Params sorted_params = with_path(dir.write("sorted.csv", sorted), params);
  CHECK(run_reader("read_csv", sorted_params, 1000, memory_bytes).all.size() == 200);

  const std::string path = dir.write("mixed.csv", mixed);
  CHECK(run_reader("read_csv", with_path(path, params)).all.size() == 200);
  try {
    (void)run_reader("read_csv", with_path(path, params), 1000, memory_bytes);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    INFO(std::string(error.what()));
    CHECK(error.kind() == ErrorKind::input);
    CHECK(error.faults().front().place.starts_with(path + ":"));
    CHECK(error.faults().front().text.find("half of run.memory (75000 bytes)") != std::string::npos);
    CHECK(error.faults().front().text.find("sort the file by column \"g\"") != std::string::npos);
  }
  CHECK_THROWS_WITH_AS((void)run_reader("read_csv", sorted_params, 1000, 5000),
                       doctest::Contains("take more than half of run.memory (2500 bytes)"), Error);
}

TEST_CASE("read_csv: a file that is no file of rows") {
  const TempDir dir;
  const Params params = {{"column", "a"}};
  const auto check = [&](ErrorKind kind, const std::string& path, const std::vector<std::string>& parts) {
    check_error(kind, path, parts, [&] { (void)run_reader("read_csv", with_path(path, params)); });
  };
  check(ErrorKind::input, dir.file("missing.csv"), {"No such file or directory"});
  check(ErrorKind::input, dir.path().string(), {"Is a directory"});
  check(ErrorKind::input, dir.write("empty.csv", ""), {"is empty"});
  check(ErrorKind::input, dir.write("blank.csv", "\n\n"), {"is empty"});
  check(ErrorKind::input, dir.write("header.csv", "a,b\n"), {"no rows after the header"});
  check(ErrorKind::input,
        dir.write("utf16.csv", std::string("\xFF\xFE"
                                           "a\0",
                                           4)),
        {"UTF-16"});
  check(ErrorKind::io, dir.file(std::string(300, 'x')), {"File name too long"});
  if (::geteuid() != 0) {
    const std::string path = dir.write("secret.csv", "a\n1\n");
    std::filesystem::permissions(path, std::filesystem::perms::none);
    check(ErrorKind::io, path, {"Permission denied"});
  } else {
    MESSAGE("SKIPPED: an unreadable file, which there is none of for root");
  }
}

TEST_CASE("read_csv: faults in a row name its line") {
  const Params params = {{"column", "close"}, {"window", Int{1}}};
  check_text_error("id,close\n1,2\n2,1.2.3\n", params, 3, {"column \"close\"", "\"1.2.3\" is not a number"});
  check_text_error("id,close\n1,\"1,5\"\n", params, 2, {"\"1,5\" is not a number"});
  check_text_error("id,close\n1,+-1\n", params, 2, {"\"+-1\" is not a number"});
  check_text_error("id,close\n\"a\nb\",1\n2,x\x01y\n", params, 4, {"\"x\\x01y\" is not a number"});
  check_text_error("id,close\n1,2\n1,2,3\n", params, 3, {"3 fields", "2 fields"});
  check_text_error("id,close\n1,2\n1\n", params, 3, {"1 field,", "2 fields"});
  check_text_error("id,close\n1,2\n3,\"4\n5,6\n", params, 3, {"never closed"});
  check_text_error("id,close\n1,2\n\"3\"x,4\n", params, 3, {"field 1", "closing quote"});
  check_text_error("id,close\n1,2\n3,\"" + std::string(17 << 20, 'x'), params, 3, {"longer than 16 MiB", "quote"});
  check_text_error("1\nx\n", {{"column", Int{0}}, {"header", false}, {"window", Int{1}}}, 2, {"column 0", "\"x\""});
  check_text_error("id,close\n" + std::string(3 << 20, ',') + "\n", params, 2,
                   {"more than 1048576 fields", "`delimiter`"});
}

TEST_CASE("read_csv: a column that is not there") {
  const std::string text = "symbol,open,close\nA,1,2\n";
  check_text_error(text, {{"column", "clse"}}, 1,
                   {"\"clse\" (`column`), did you mean \"close\"?", "\"symbol\", \"open\", \"close\""});
  check_text_error(text, {{"column", "close"}, {"group_by", "zzz"}}, 1, {"\"zzz\" (`group_by`). The header has"});
  check_text_error(text, {{"column", Int{3}}}, 1, {"column 3 (`column`) is outside 0..2"});
  check_text_error(text, {{"column", Int{-1}}}, 1, {"column -1 (`column`) is outside 0..2"});
  check_text_error("a,a\n1,2\n", {{"column", "a"}}, 1, {"several columns are named \"a\""});
}

TEST_CASE("read_csv: a window longer than every group") {
  check_text_error("g,v\nA,1\nB,1\nB,2\nC,1\n", {{"column", "v"}, {"group_by", "g"}}, 0,
                   {"no group has 100 rows; the longest, \"B\", has 2"});
  check_text_error("v\n1\n2\n", {{"column", "v"}}, 0, {"has 2 rows", "100 rows"});
}

TEST_CASE("read_csv: options that contradict each other") {
  const auto check = [](const char* place, const std::vector<std::string>& parts, Params params) {
    check_error(ErrorKind::definition, place, parts, [&] { (void)make_reader("read_csv", params); });
  };
  check("params/path", {"\"\""}, {{"path", ""}});
  check("params/delimiter", {"\";;\""}, {{"path", "a"}, {"delimiter", ";;"}});
  check("params/delimiter", {"\"\""}, {{"path", "a"}, {"delimiter", ""}});
  check("params/delimiter", {"quote"}, {{"path", "a"}, {"delimiter", "\""}});
  check("params/column", {"\"close\" is a name", "`header`"}, {{"path", "a"}, {"header", false}, {"column", "close"}});
}

TEST_CASE("read_csv: a row longer than a block of the reader") {
  const std::string text = "a,b\n1,\"" + std::string(3 << 20, '\n') + "\"\n2," + std::string(5 << 20, 'x') + "\n3,z\n";
  CHECK(read_text(text, {{"column", "a"}, {"window", Int{3}}}).all.values == std::vector<double>{1, 2, 3});
}

TEST_CASE("read_csv: the end of a block may fall anywhere in a row") {
  const std::string rows = "\"1\",\"y\"\"\"\"\r\n,z\"\r\n2,\"\"\r\n\"3\",\"\"\"\"\r\n4,\r\n\r\n\r\n";
  for (std::size_t before = 0; before <= rows.size() + 1; ++before) {
    CAPTURE(before);
    const std::string text = "a,b\n0," + std::string((1 << 20) - 7 - before, 'x') + "\n" + rows;
    const ReadResult result = read_text(text, {{"column", "a"}, {"window", Int{5}}});
    CHECK(result.all.values == std::vector<double>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("read_csv: the share that is read is that of the rows, whatever has been fetched, or of the limit") {
  constexpr std::size_t n_rows = 300000;
  constexpr std::size_t row_bytes = 9;
  std::string text = "value\n";
  for (std::size_t i = 0; i < n_rows; ++i) text += std::to_string(100000 + i) + ".5\n";
  const double size = static_cast<double>(text.size());
  REQUIRE(text.size() == 6 + n_rows * row_bytes);
  const TempDir dir;
  const std::string path = dir.write("long.csv", text);
  for (const Int limit : {Int{0}, Int{100000}}) {
    CAPTURE(limit);
    const Params params = {{"path", path}, {"column", "value"}, {"window", Int{1}}, {"limit", limit}};
    const std::unique_ptr<Reader> reader = make_reader("read_csv", params);
    Sequences batch;
    batch.n_points = reader->open({.memory_bytes = 1U << 30U, .definition = {}, .plotmill_version = {}}).n_points;
    std::size_t n_read = 0;
    for (bool more = true; more;) {
      batch.clear();
      more = reader->read(batch, 20000);
      n_read += batch.size();
      // The row after the last one given has been looked at.
      const double of_file = (6 + static_cast<double>(std::min(n_rows, n_read + 1) * row_bytes)) / size;
      const double of_limit = limit == 0 ? 0 : static_cast<double>(n_read) / static_cast<double>(limit);
      CHECK(reader->share_read().value() == doctest::Approx(std::max(of_file, of_limit)).epsilon(1e-6));
    }
    CHECK(reader->share_read() == 1.0);
  }
}

TEST_CASE("read_csv: the real candles") {
  const std::string path = candles_path();
  if (!std::filesystem::exists(path)) {
    MESSAGE("SKIPPED: ", path, " is absent; PLOTMILL_TEST_DATA names its folder");
    return;
  }
  const Params params = {{"path", path}, {"column", "close"}, {"group_by", "symbol"}};
  const std::unique_ptr<Reader> reader = make_reader("read_csv", params);
  const auto begin = std::chrono::steady_clock::now();
  Sequences batch;
  batch.n_points = reader->open({.memory_bytes = 1U << 30U, .definition = {}, .plotmill_version = {}}).n_points;
  std::size_t n_series = 0;
  std::size_t n_groups = 0;
  for (bool more = true; more;) {
    batch.clear();
    more = reader->read(batch, 1024);
    n_series += batch.size();
    n_groups += batch.new_groups.size();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  CHECK(n_series == 93610);
  CHECK(n_groups == 7);
  const double mb_per_second = static_cast<double>(std::filesystem::file_size(path)) / 1e6 / seconds.count();
  MESSAGE(mb_per_second, " MB/s");
}
