// Runs one reader to its end through its public interface, without a pipeline.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/sequences.hpp"
#include "plotmill/stage.hpp"
#include "support/make_reader.hpp"

namespace plotmill::test {

/// Everything that a reader gave.
struct ReadResult {
  SeriesShape shape;
  Sequences all;                         ///< All batches, one after another; new_groups holds all groups.
  std::vector<std::size_t> batch_sizes;  ///< Without an empty last batch.

  [[nodiscard]] std::vector<double> series(std::size_t i) const {
    const std::span<const double> values = all.view().series(i);
    return {values.begin(), values.end()};
  }
};

/// Reads everything in batches of `at_most` series, and checks what every reader promises about batches.
[[nodiscard]] inline ReadResult run_reader(std::string_view type, const Params& params, std::size_t at_most = 1000,
                                           std::uint64_t memory_bytes = std::uint64_t{1} << 30U,
                                           OnBadSeries on_bad_series = OnBadSeries::error) {
  const std::unique_ptr<Reader> reader = make_reader(type, params);
  ReadResult result;
  result.shape = reader->open({.n_lanes = 1,
                               .memory_bytes = memory_bytes,
                               .on_bad_series = on_bad_series,
                               .definition = {},
                               .plotmill_version = {}});
  result.all.n_points = result.shape.n_points;
  Sequences batch;
  batch.n_points = result.shape.n_points;
  for (bool more = true; more;) {
    batch.clear();
    more = reader->read(batch, at_most);
    REQUIRE(batch.size() <= at_most);
    if (more) REQUIRE(batch.size() == at_most);
    REQUIRE(batch.values.size() == batch.size() * batch.n_points);
    if (batch.size() > 0) result.batch_sizes.push_back(batch.size());
    auto& all = result.all;
    for (BadSeries& bad : batch.bad) {
      // In order, and with the source that the series has.
      REQUIRE(bad.index < batch.size());
      REQUIRE(bad.source.first_row == batch.sources[bad.index].first_row);
      REQUIRE(bad.source.group == batch.sources[bad.index].group);
      bad.index += all.size();
      REQUIRE((all.bad.empty() || all.bad.back().index < bad.index));
      all.bad.push_back(bad);
    }
    all.values.insert(all.values.end(), batch.values.begin(), batch.values.end());
    all.new_groups.insert(all.new_groups.end(), batch.new_groups.begin(), batch.new_groups.end());
    for (const Source& source : batch.sources) {
      // A group's name comes no later than its first series.
      REQUIRE(source.group < all.new_groups.size());
      all.sources.push_back(source);
    }
  }
  if (result.shape.n_series) REQUIRE(*result.shape.n_series == result.all.size());
  return result;
}

/// Checks that `call` throws an Error of this kind whose first fault has this place and a text with all of these parts.
inline void check_error(ErrorKind kind, const std::string& place, const std::vector<std::string>& parts,
                        const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    INFO(std::string(error.what()));
    CHECK(error.kind() == kind);
    const Fault& fault = error.faults().front();
    CHECK(fault.place == place);
    for (const std::string& part : parts) {
      CAPTURE(part);
      CHECK(fault.text.find(part) != std::string::npos);
    }
    return;
  }
  FAIL("nothing was thrown");
}

}  // namespace plotmill::test
