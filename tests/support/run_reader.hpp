// Runs one reader to its end through its public interface, without a pipeline.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/registry.hpp"
#include "plotmill/sequences.hpp"
#include "plotmill/stage.hpp"

namespace plotmill::test {

using ParamValue = std::variant<bool, std::int64_t, double, std::string>;
using Params = std::vector<std::pair<std::string, ParamValue>>;

/// Everything that a reader gave.
struct ReadResult {
  SeriesShape shape;
  Sequences all;                         ///< All batches, one after another; new_groups holds all groups.
  std::vector<std::size_t> batch_sizes;  ///< Without an empty last batch.

  [[nodiscard]] std::vector<float> series(std::size_t i) const {
    const std::span<const float> values = all.view().series(i);
    return {values.begin(), values.end()};
  }
};

inline void set_option(const Option& option, const ParamValue& value) {
  const auto number = [&] {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
  };
  std::visit(
      [&](auto* target) {
        using Target = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Target, std::optional<NameOrIndex>>) {
          if (const auto* name = std::get_if<std::string>(&value)) {
            target->emplace(*name);
          } else {
            target->emplace(std::get<std::int64_t>(value));
          }
        } else if constexpr (std::is_same_v<Target, double> || std::is_same_v<Target, std::optional<double>>) {
          *target = number();
        } else if constexpr (std::is_same_v<Target, WordOrRange>) {
          target->word = std::get<std::string>(value);
        } else if constexpr (std::is_same_v<Target, ByteSize>) {
          target->bytes = static_cast<std::uint64_t>(std::get<std::int64_t>(value));
        } else {
          *target = std::get<Target>(value);
        }
      },
      option.target);
}

/// A reader of a built-in type with its options set. Throws Error (definition) with what check() finds.
[[nodiscard]] inline std::unique_ptr<Reader> make_reader(std::string_view type, const Params& params) {
  const Registry stages = builtin_stages();
  const StageInfo* info = stages.find(type);
  if (info == nullptr) throw std::logic_error("no stage " + std::string(type));
  auto reader = std::get<std::function<std::unique_ptr<Reader>()>>(info->make)();
  Options options;
  reader->declare(options);
  for (const auto& [name, value] : params) {
    bool found = false;
    for (const Option& option : options.all()) {
      if (option.name != name) continue;
      set_option(option, value);
      found = true;
    }
    if (!found) throw std::logic_error(std::string(type) + " has no option " + name);
  }
  if (std::vector<Fault> faults = reader->check(); !faults.empty()) throw Error(ErrorKind::definition, faults);
  return reader;
}

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
