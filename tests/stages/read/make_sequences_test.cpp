#include <doctest/doctest.h>

#include "support/run_reader.hpp"

using namespace plotmill;
using namespace plotmill::test;

TEST_CASE("make_sequences: the series are the same whatever the batch") {
  const Params params = {{"count", std::int64_t{25}}, {"window", std::int64_t{7}}};
  const ReadResult whole = run_reader("make_sequences", params, 100);
  const ReadResult split = run_reader("make_sequences", params, 4);
  CHECK(whole.all.size() == 25);
  CHECK(split.batch_sizes == std::vector<std::size_t>{4, 4, 4, 4, 4, 4, 1});
  CHECK(whole.all.values == split.all.values);
  CHECK(whole.all.new_groups == std::vector<std::string>{"random walk"});
}

TEST_CASE("make_sequences: another seed makes other series, a limit fewer of the same") {
  const ReadResult first = run_reader("make_sequences", {{"count", std::int64_t{5}}});
  const ReadResult other = run_reader("make_sequences", {{"count", std::int64_t{5}}, {"seed", std::int64_t{2}}});
  const ReadResult fewer = run_reader("make_sequences", {{"count", std::int64_t{5}}, {"limit", std::int64_t{3}}});
  CHECK(first.all.values != other.all.values);
  REQUIRE(fewer.all.size() == 3);
  CHECK(fewer.series(2) == first.series(2));
}

TEST_CASE("make_sequences: no series are an input without series") {
  const ReadResult none = run_reader("make_sequences", {{"count", std::int64_t{0}}});
  CHECK(none.all.size() == 0);
  CHECK(none.batch_sizes.empty());
}
