// Drives a write stage through its public interface, as the engine does.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plotmill/registry.hpp"
#include "plotmill/stage.hpp"

namespace plotmill::test {

using OptionValue = std::variant<bool, std::int64_t, std::string>;
using OptionValues = std::vector<std::pair<std::string, OptionValue>>;

/// What a run writes: image i shows series i.
struct WriterInput {
  Ink ink;
  Sequences series;
};

/// `ink` with a series for each image: series i is in group i / per_group, and its values tell its number.
[[nodiscard]] inline WriterInput with_series(Ink ink, std::size_t n_points, std::size_t per_group = 4) {
  WriterInput input;
  input.series.n_points = n_points;
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    if (i % per_group == 0) input.series.new_groups.push_back("grüppe " + std::to_string(i / per_group));
    std::size_t point = 0;
    for (double& value : input.series.append({static_cast<std::uint32_t>(i / per_group), 1000 * i})) {
      value = static_cast<double>(i) + static_cast<double>(point++) / 64.0;
    }
  }
  input.ink = std::move(ink);
  return input;
}

/// Images [first, first + n) of the input, as a batch. The names of groups come with the batch in which they appear.
[[nodiscard]] inline WriterInput batch_of(const WriterInput& input, std::size_t first, std::size_t n) {
  WriterInput batch;
  batch.ink.shape = input.ink.shape;
  batch.series.n_points = input.series.n_points;
  for (std::size_t i = first; i < first + n; ++i) {
    const InkImageView image = input.ink.image(i);
    const std::size_t n_runs = batch.ink.runs.size();
    for (std::size_t y = 1; y < image.row_begin.size(); ++y) {
      batch.ink.row_begin.push_back(static_cast<std::uint32_t>(n_runs + image.row_begin[y] - image.row_begin[0]));
    }
    batch.ink.runs.insert(batch.ink.runs.end(), image.runs.begin(), image.runs.end());
    batch.ink.coverage.insert(batch.ink.coverage.end(), image.coverage.begin(), image.coverage.end());
    batch.ink.coverage_begin.push_back(batch.ink.coverage.size());
    const Source source = input.series.sources[i];
    if (i == 0 || input.series.sources[i - 1].group != source.group) {
      batch.series.new_groups.push_back(input.series.new_groups[source.group]);
    }
    std::ranges::copy(input.series.view().series(i), batch.series.append(source).begin());
  }
  return batch;
}

inline void set_writer_option(const Option::Target& target, const OptionValue& value) {
  if (const auto* switched = std::get_if<BoolOrWord*>(&target)) {
    const auto* word = std::get_if<std::string>(&value);
    **switched = word != nullptr ? BoolOrWord{true, *word} : BoolOrWord{std::get<bool>(value)};
    return;
  }
  std::visit([&target]<class Value>(const Value& v) { *std::get<Value*>(target) = v; }, value);
}

/// A write stage with its options set.
[[nodiscard]] inline std::unique_ptr<Writer> make_writer(std::string_view type, const OptionValues& values) {
  const Registry registry = builtin_stages();
  const StageInfo* info = registry.find(type);
  REQUIRE(info != nullptr);
  auto writer = std::get<std::function<std::unique_ptr<Writer>()>>(info->make)();
  Options options;
  writer->declare(options);
  for (const auto& given : values) {
    const std::string& name = given.first;
    const auto option = std::ranges::find(options.all(), name, &Option::name);
    REQUIRE_MESSAGE(option != options.all().end(), name);
    set_writer_option(option->target, given.second);
  }
  return writer;
}

/// How a run is split up and what it may do.
struct WriterRun {
  std::size_t batch = 1000;
  std::size_t n_lanes = 1;
  bool overwrite = false;
  bool n_series_known = true;
  ValueType value_type = ValueType::float64;
};

/// From open() to finish(). Where a stage throws, abandon() is called and the error goes on. Returns bytes_written().
inline std::uint64_t run_writer(Writer& writer, const WriterInput& input, const WriterRun& run = {}) {
  const std::size_t n_images = input.ink.n_images();
  try {
    SeriesShape series{input.series.n_points, {}, run.value_type};
    if (run.n_series_known) series.n_series = n_images;
    writer.open(input.ink.shape, series,
                {.n_lanes = run.n_lanes,
                 .overwrite = run.overwrite,
                 .definition = R"({"plotmill": 1, "stages": ["ß"]})",
                 .plotmill_version = "0.1.0"});
    const Footprint footprint = writer.footprint();
    for (std::size_t i = 0; i < std::min(writer.n_learned_images(), n_images); ++i) {
      writer.learn(batch_of(input, i, 1).ink);
    }
    Encoded encoded;
    for (std::size_t first = 0, batch = 0; first < n_images; first += run.batch, ++batch) {
      const WriterInput part = batch_of(input, first, std::min(run.batch, n_images - first));
      const BatchPosition position{batch, first};
      encoded.clear();
      writer.encode(position, part.ink, encoded, batch % run.n_lanes);
      const std::size_t multiple = writer.batch_multiple();
      const std::size_t n_paid = (part.ink.n_images() + multiple - 1) / multiple * multiple;
      CHECK(encoded.bytes.size() + encoded.n_items() * sizeof(std::size_t) <= footprint.per_image * n_paid);
      writer.commit(position, part.series, encoded);
    }
    writer.finish();
  } catch (...) {
    writer.abandon();
    throw;
  }
  return writer.bytes_written();
}

/// As above, with a stage of this type.
inline std::uint64_t run_writer(std::string_view type, const OptionValues& values, const WriterInput& input,
                                const WriterRun& run = {}) {
  const auto writer = make_writer(type, values);
  for (const Fault& fault : writer->check()) FAIL(fault.message());
  return run_writer(*writer, input, run);
}

/// The kind and text of the Error that `act` throws; fails the test where it throws none.
template <class Act>
[[nodiscard]] std::pair<ErrorKind, std::string> error_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  FAIL("no Error was thrown");
  return {};
}

}  // namespace plotmill::test
