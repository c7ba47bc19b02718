// Runs a reader as the engine does: within run.memory, in batches, some series stepped over.
#pragma once

#include <algorithm>
#include <memory>

#include "fuzz/fuzzing.hpp"
#include "plotmill/error.hpp"
#include "plotmill/sequences.hpp"
#include "plotmill/stage.hpp"
#include "support/make_reader.hpp"

namespace plotmill::fuzz {

/// What is read at most: an input must not take longer than a second, with the sanitizers.
constexpr std::uint64_t most_values = 1U << 17U;

/// How the engine would treat the reader.
struct ReaderUse {
  std::uint64_t memory_bytes;
  std::uint64_t constant_bytes;                   ///< What the reader may hold beside: buffers of fixed size.
  std::size_t at_most;                            ///< Series in a batch.
  std::size_t n_skipped;                          ///< Stepped over after each batch.
  std::uint64_t most_series = ~std::uint64_t{0};  ///< Read at most; fewer where each may lie far from the one before.

  explicit ReaderUse(FuzzedDataProvider& input, std::uint64_t fixed_bytes)
      : memory_bytes(pick(input, {std::uint64_t{1} << 16U, std::uint64_t{1} << 19U, std::uint64_t{1} << 22U,
                                  std::uint64_t{1} << 25U})),
        constant_bytes(fixed_bytes),
        at_most(input.ConsumeIntegralInRange<std::size_t>(1, 300)),
        n_skipped(input.ConsumeIntegralInRange<std::size_t>(0, 3)) {}
};

inline void check_batch(const Sequences& batch, std::size_t at_most, bool more, std::size_t& n_groups) {
  require(batch.size() <= at_most, "a batch holds no more series than asked for");
  require(!more || batch.size() == at_most, "only the last batch is short");
  require(batch.values.size() == batch.size() * batch.n_points, "every series has its values");
  n_groups += batch.new_groups.size();
  for (const Source& source : batch.sources) require(source.group < n_groups, "a group's name comes with its series");
}

inline void read_to_the_end(Reader& reader, const ReaderUse& use) {
  const SeriesShape shape =
      reader.open({.n_lanes = 1, .memory_bytes = use.memory_bytes, .definition = {}, .plotmill_version = {}});
  require(shape.n_points > 0, "a series has points");
  require(!shape.n_series || *shape.n_series > 0, "a reader without series says so");
  // The engine refuses a run whose batch of one does not fit, and takes as many as do.
  const std::uint64_t per_series = 2 * (shape.n_points * sizeof(double) + sizeof(Source));
  const std::uint64_t held = reader.held_bytes();
  require(held <= use.memory_bytes + use.constant_bytes, "a reader that needs more than run.memory says so");
  if (held + per_series > use.memory_bytes) return;
  const auto at_most = static_cast<std::size_t>(
      std::min<std::uint64_t>({use.at_most, (use.memory_bytes - held) / per_series, most_values / shape.n_points + 1}));

  Sequences batch;
  batch.n_points = shape.n_points;
  std::size_t n_groups = 0;
  std::uint64_t n_series = 0;
  for (bool more = true; more && n_series * shape.n_points < most_values && n_series < use.most_series;) {
    batch.clear();
    more = reader.read(batch, at_most);
    n_series += batch.size();
    check_batch(batch, at_most, more, n_groups);
    if (!more && shape.n_series) require(n_series == *shape.n_series, "as many series come as were announced");
    if (more && shape.n_series && n_series + use.n_skipped < *shape.n_series && reader.skip(use.n_skipped)) {
      n_series += use.n_skipped;
    }
  }
}

/// The whole life of a reader. Errors are what it owes to bad input; their texts stay short.
inline void fuzz_reader(std::string_view type, const test::Params& params, const ReaderUse& use) {
  const TimeLimit time_limit;
  const AllocationLimit memory_limit(use.memory_bytes + use.constant_bytes);
  try {
    const std::unique_ptr<Reader> reader = test::make_reader(type, params);
    read_to_the_end(*reader, use);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::input || error.kind() == ErrorKind::io || error.kind() == ErrorKind::definition,
            "an error of a reader is about its input or its options");
    require(error.faults().front().message().size() < 8000, "an error's text is short");
  }
}

}  // namespace plotmill::fuzz
