#include <doctest/doctest.h>

#include <cmath>

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

TEST_CASE("make_sequences: walks of up to 512 points fit in float32, of longer ones no value is cut") {
  const auto walk = [](std::int64_t window) {
    return run_reader("make_sequences", {{"count", std::int64_t{3}}, {"window", window}});
  };
  const ReadResult short_walks = walk(512);
  CHECK(short_walks.shape.value_type == ValueType::float32);
  for (const double value : short_walks.all.values) CHECK(static_cast<double>(static_cast<float>(value)) == value);
  const ReadResult long_walks = walk(3'000'000);
  CHECK(long_walks.shape.value_type == ValueType::float64);
  // Each step is a whole number of 1/32768 from -1 to 1, which a float32 so far from 0 would round.
  const std::vector<double> series = long_walks.series(0);
  std::size_t n_rounded = 0;
  for (std::size_t k = 1; k < series.size(); ++k) {
    const double step = (series[k] - series[k - 1]) * 32768;
    REQUIRE(step == std::floor(step));
    REQUIRE(std::abs(step) <= 32768);
    if (static_cast<double>(static_cast<float>(series[k])) != series[k]) ++n_rounded;
  }
  CHECK(n_rounded > 0);
}

TEST_CASE("make_sequences: no series are an input without series") {
  const ReadResult none = run_reader("make_sequences", {{"count", std::int64_t{0}}});
  CHECK(none.all.size() == 0);
  CHECK(none.batch_sizes.empty());
}
