// MetadataRanges against a set of bytes.
#include "stages/files/metadata_ranges.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "stages/files/data_hash.hpp"
#include "support/random_series.hpp"

using namespace plotmill;
using Bytes = std::vector<std::uint8_t>;

namespace {

std::set<std::uint64_t> bytes_of(const std::vector<ByteRange>& ranges) {
  std::set<std::uint64_t> bytes;
  std::uint64_t end = 0;
  for (const ByteRange& range : ranges) {
    // In order, none empty, none that could be one with the next.
    CHECK(range.n_bytes > 0);
    CHECK((bytes.empty() || range.begin > end));
    end = range.begin + range.n_bytes;
    for (std::uint64_t i = range.begin; i < end; ++i) CHECK(bytes.insert(i).second);
  }
  return bytes;
}

}  // namespace

TEST_CASE("metadata_ranges: what is new since the last time, and all of it, as a set of bytes has it") {
  const std::uint32_t seed = 7;
  CAPTURE(seed);
  test::Random random(seed);
  MetadataRanges ranges({{30, 5}, {10, 10}, {18, 4}});
  std::set<std::uint64_t> all = bytes_of(ranges.recorded());
  CHECK(all.size() == 17);
  for (int round = 0; round < 60; ++round) {
    std::set<std::uint64_t> touched;
    // At times more than there is room for at first.
    for (std::size_t n = test::random_below(random, round % 20 == 0 ? 5000 : 30); n > 0; --n) {
      const ByteRange range{test::random_below(random, 20000), 1 + test::random_below(random, 9)};
      REQUIRE(ranges.touch(range));
      for (std::uint64_t i = 0; i < range.n_bytes; ++i) touched.insert(range.begin + i);
    }
    std::set<std::uint64_t> added;
    for (const std::uint64_t byte : touched) {
      if (all.insert(byte).second) added.insert(byte);
    }
    std::set<std::uint64_t> found;
    for (const ByteRange& range : ranges.take_new()) {
      for (std::uint64_t i = 0; i < range.n_bytes; ++i) CHECK(found.insert(range.begin + i).second);
    }
    CHECK((found == added));
    CHECK((bytes_of(ranges.recorded()) == all));
  }
}

TEST_CASE("metadata_ranges: their hash is of their bytes, one after another, up to the end of the file") {
  Bytes file(300000);
  for (std::size_t i = 0; i < file.size(); ++i) file[i] = static_cast<std::uint8_t>(i * 7 + i / 1000);
  const auto read = [&](std::uint64_t address, std::span<std::uint8_t> out) {
    if (address + out.size() > file.size()) throw std::logic_error("read behind the end");
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(address), out.size(), out.begin());
  };
  const std::uint64_t most = ~std::uint64_t{0};
  const std::vector<ByteRange> ranges{{5, 3}, {100, 200000}, {299999, 1000}, {400000, 1}, {500000, most - 500000}};
  Bytes expected(file.begin() + 5, file.begin() + 8);
  expected.insert(expected.end(), file.begin() + 100, file.begin() + 200100);
  expected.push_back(file.back());
  CHECK(hash_of_ranges(ranges, file.size(), read) == hash_text(std::as_bytes(std::span(expected))));
  CHECK(hash_of_ranges({}, file.size(), read) == hash_text({}));
}
