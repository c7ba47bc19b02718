// Rows of a CSV file that can't be read make the windows that hold them bad series, and no others.
#include <doctest/doctest.h>

#include "support/bad_series_judge.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

Params params_of(const std::string& path, std::int64_t window, std::int64_t stride = 1) {
  return {{"path", path}, {"column", "value"}, {"group_by", "group"}, {"window", window}, {"stride", stride}};
}

ReadResult read(const std::string& path, std::int64_t window, std::int64_t stride = 1, std::size_t at_most = 1000) {
  return run_reader("read_csv", params_of(path, window, stride), at_most, std::uint64_t{1} << 30U, OnBadSeries::skip);
}

}  // namespace

TEST_CASE("read_csv: the windows that hold a bad row are bad, with its file, line and column") {
  const TempDir dir;
  const std::string path = dir.write("a.csv", "group,value\na,1\nb,1\na,2\na,oops\nb,2\na,4\na,5\nb,3\nb,4\n");
  const ReadResult result = read(path, 2);
  // a: (1,2) (2,oops) (oops,4) (4,5); b: (1,2) (2,3) (3,4); as they are complete in the file.
  REQUIRE(result.all.size() == 7);
  REQUIRE(result.all.bad.size() == 2);
  CHECK(result.all.bad[0].index == 1);
  CHECK(result.all.bad[1].index == 3);
  for (const BadSeries& bad : result.all.bad) {
    CHECK(bad.place == path + ":5");
    CHECK(bad.reason ==
          "column \"value\": \"oops\" is not a number; a decimal number such as 0.25 or 2e-3 is accepted, and nan, inf "
          "or "
          "an empty field for a gap");
  }
  CHECK(result.all.new_groups == std::vector<std::string>{"a", "b"});
}

TEST_CASE("read_csv: a ragged row is bad, one whose group it does not say ends the reading") {
  const TempDir dir;
  const std::string path = dir.write("a.csv", "group,value,more\na,1,\na\na,2,,\na,3,\na,4,\n");
  const ReadResult result = read(path, 2);
  REQUIRE(result.all.bad.size() == 3);
  CHECK(result.all.bad[0].place == path + ":3");
  CHECK(result.all.bad[0].reason == "the row has 1 field, the first row has 3 fields");
  // Of two bad rows the last one is told.
  CHECK(result.all.bad[1].place == path + ":4");
  CHECK(result.all.bad[2].reason == "the row has 4 fields, the first row has 3 fields");
  CHECK(result.all.size() == 4);

  const std::string other = dir.write("b.csv", "value,more,group\n1,,a\n2\n3,,a\n");
  check_error(ErrorKind::input, other + ":3", {"the row has 1 field, the first row has 3 fields"},
              [&] { (void)read(other, 2); });
}

TEST_CASE("read_csv: a bad row in a line of its own quotes is told with the line on which it begins") {
  const TempDir dir;
  const std::string path = dir.write("a.csv", "group,value\n\"a\nb\",1\n\"a\nb\",\"x\ny\"\n\"a\nb\",3\n");
  const ReadResult result = read(path, 2);
  REQUIRE(result.all.bad.size() == 2);
  CHECK(result.all.bad[0].place == path + ":4");
}

TEST_CASE("read_csv: which windows are bad is as by hand, whatever the batch and the stride") {
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
    const TempDir dir;
    BadSeriesJudge judge(dir.file("a.csv"));
    add_rows_of_every_kind(judge, seed, 500);
    const std::string path = dir.write("a.csv", judge.csv);
    for (const std::size_t at_most : {1U, 2U, 7U, 1000U}) {
      CAPTURE(seed);
      CAPTURE(at_most);
      const ReadResult result = read(path, BadSeriesJudge::window, BadSeriesJudge::stride, at_most);
      REQUIRE(result.all.size() == judge.series.size());
      CHECK(result.all.new_groups == judge.groups);
      std::size_t n_bad = 0;
      for (std::size_t i = 0; i < judge.series.size(); ++i) {
        CAPTURE(i);
        const JudgedSeries& expected = judge.series[i];
        CHECK(result.all.sources[i].first_row == expected.first_row);
        CHECK(result.all.sources[i].group == expected.group_number);
        // What a draw stage would refuse is none of the reader's business.
        const bool is_bad = expected.reason.starts_with(path);
        REQUIRE((n_bad < result.all.bad.size() && result.all.bad[n_bad].index == i) == is_bad);
        if (!is_bad) continue;
        const std::string told = result.all.bad[n_bad].place + ": " + result.all.bad[n_bad].reason;
        CHECK(told.substr(0, expected.reason.size()) == expected.reason);
        ++n_bad;
      }
      CHECK(n_bad == result.all.bad.size());
    }
  }
}
