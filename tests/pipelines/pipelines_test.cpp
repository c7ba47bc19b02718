// Every definition of pipelines/ runs, and stores the same whatever the number of threads and the size of batches.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "plotmill/pipeline.hpp"
#include "support/random_series.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

using Overrides = std::vector<Override>;

const std::filesystem::path pipelines_folder = "pipelines";
const std::string this_file = "tests/pipelines/pipelines_test.cpp";

/// Windows of 100 rows, as pipelines/candles.json has them: groups too short for one at the beginning, in the middle
/// and at the end, and prices that are missing.
std::string candles_csv() {
  Random random(31);
  std::string text = "symbol,timestamp,open,high,low,close,volume\n";
  const auto add_group = [&](const std::string& symbol, std::size_t n_rows) {
    std::size_t row = 0;
    for (const double value : random_walk(random, n_rows)) {
      const std::string price =
          row % 83 == 50 ? "" : std::to_string(std::lround(1e6 + 1000 * static_cast<double>(value)));
      text += symbol + "," + std::to_string(1516424100000 + 60000 * row++) + ",1,2,0.5," + price + ",7\n";
    }
  };
  add_group("TOO SHORT", 99);
  add_group("ADA", 119);
  add_group("SHORT TOO", 1);
  add_group("DASH", 100);
  add_group("ETC", 116);
  add_group("LAST", 40);
  return text;
}

/// Rows of 64 points: walks, steps, gaps, flat ones and one without any value.
std::string sensors_npy() {
  constexpr std::size_t n_rows = 40;
  constexpr std::size_t n_points = 64;
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (40, 64), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  Random random(32);
  for (std::size_t row = 0; row < n_rows; ++row) {
    std::vector<double> series = random_series(random, n_points);
    if (row == 17) std::ranges::fill(series, std::numeric_limits<double>::quiet_NaN());
    bytes.append(reinterpret_cast<const char*>(series.data()), n_points * sizeof(double));
  }
  return bytes;
}

/// How each shipped definition is made to run anywhere: what replaces its input, made in this folder.
using MakeInput = std::function<Overrides(const TempDir& folder)>;

const std::map<std::string, MakeInput>& shipped_inputs() {
  static const std::map<std::string, MakeInput> inputs = {
      {"candles.json",
       [](const TempDir& folder) {
         return Overrides{{"prices.path", folder.write("candles.csv", candles_csv())}};
       }},
      {"quickstart.json", [](const TempDir&) { return Overrides{}; }},
      {"sensors_npy.json",
       [](const TempDir& folder) {
         return Overrides{{"sensors.path", folder.write("sensors.npy", sensors_npy())}};
       }},
  };
  return inputs;
}

/// The definitions that are shipped, by what the folder holds.
std::vector<std::filesystem::path> shipped_pipelines() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(pipelines_folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

/// The option that says where a write stage stores, or nothing for a type that this test does not know.
std::string output_option(const std::string& type) {
  if (type == "write_hdf5") return "path";
  if (type == "write_png" || type == "write_jpeg") return "directory";
  return {};
}

/// The stages of a definition.
nlohmann::json stages_of(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_bytes(path)).at("stages");
}

/// The ids of the stages of one type in a definition.
std::vector<std::string> ids_of(const std::filesystem::path& path, const std::string& type) {
  std::vector<std::string> ids;
  const nlohmann::json stages = stages_of(path);
  for (const auto& stage : stages) {
    if (stage.at("type") == type) ids.push_back(stage.at("id"));
  }
  return ids;
}

/// Overrides that send each output to a place in the folder that begins with the stage's id; tells these ids.
Overrides redirect(const std::filesystem::path& pipeline, const TempDir& folder, std::vector<std::string>& writers) {
  Overrides overrides;
  const nlohmann::json stages = stages_of(pipeline);
  for (const auto& stage : stages) {
    const std::string type = stage.at("type");
    if (!type.starts_with("write_")) continue;
    const std::string id = stage.at("id");
    const std::string option = output_option(type);
    writers.push_back(id);
    REQUIRE_MESSAGE(!option.empty(), pipeline, ": tell ", this_file, " where ", type, " stores");
    overrides.push_back({id + "." + option, folder.file(option == "path" ? id + ".h5" : id)});
  }
  REQUIRE_FALSE(overrides.empty());
  return overrides;
}

/// How a run is split up.
struct Split {
  std::size_t threads, batch;
};

/// Runs a definition for `limit` images (0: all), and returns what it stores.
StoredOutputs run(const std::filesystem::path& pipeline, const Overrides& input, Split split, std::uint64_t limit) {
  const TempDir folder;
  std::vector<std::string> writers;
  Overrides overrides = redirect(pipeline, folder, writers);
  overrides.insert(overrides.end(), input.begin(), input.end());
  overrides.push_back({"run.threads", std::to_string(split.threads)});
  overrides.push_back({"run.batch", std::to_string(split.batch)});
  // That many images may take so much at worst; of what is not used nothing is taken.
  overrides.push_back({"run.memory", "64GiB"});
  const std::string reader = Pipeline::from_file(pipeline, overrides).reader_id();
  overrides.push_back({reader + ".limit", std::to_string(limit)});
  const RunReport report = Pipeline::from_file(pipeline, overrides).run();
  CHECK(report.plan.threads == split.threads);
  if (split.batch > 0) CHECK(report.plan.batch == split.batch);
  CHECK(report.images > 0);
  if (limit > 0) CHECK(report.images == limit);
  StoredOutputs outputs = read_outputs(folder.path());
  for (const std::string& id : writers) {
    CHECK_MESSAGE(std::ranges::any_of(outputs, [&](const auto& part) { return part.first.starts_with(id); }), id,
                  " has stored nothing");
  }
  return outputs;
}

std::size_t many_threads() { return std::max(4U, std::thread::hardware_concurrency()); }

/// Runs a definition in each way, and compares with the first.
void check_all_equal(const std::filesystem::path& pipeline, const Overrides& input, const std::vector<Split>& splits,
                     std::uint64_t limit) {
  const StoredOutputs first = run(pipeline, input, splits.front(), limit);
  for (const Split split : splits) {
    INFO(pipeline, " with ", split.threads, " threads and batches of ", split.batch);
    CHECK(first_difference(first, run(pipeline, input, split, limit)) == "");
  }
}

/// Every way to split a run whose batches are a multiple of `multiple`; 0 leaves the batch to the engine.
std::vector<Split> splits(std::size_t multiple) {
  std::vector<Split> all;
  for (const std::size_t threads : {std::size_t{1}, many_threads()}) {
    for (const std::size_t batch : {multiple, 7 * multiple, std::size_t{512}, std::size_t{0}}) {
      all.push_back({threads, batch});
    }
  }
  return all;
}

/// How many images: as many as candles_csv() gives, so that only what follows the last of them is left out.
constexpr std::uint64_t few = 38;

}  // namespace

TEST_CASE("pipelines: this test knows every definition that is shipped, and no other") {
  std::vector<std::string> found;
  for (const auto& path : shipped_pipelines()) {
    const std::string name = path.filename().string();
    CHECK_MESSAGE(shipped_inputs().contains(name), path, " is new: tell ", this_file, " what it may read");
    found.push_back(name);
  }
  for (const auto& [name, make_input] : shipped_inputs()) {
    CHECK_MESSAGE(std::ranges::find(found, name) != found.end(), name, " is gone: take it out of ", this_file);
  }
}

TEST_CASE("pipelines: one thread and many, small batches and large ones store the same bytes") {
  for (const auto& path : shipped_pipelines()) {
    const auto make_input = shipped_inputs().find(path.filename().string());
    if (make_input == shipped_inputs().end()) continue;
    CAPTURE(path);
    const TempDir folder;
    // 21 ends with a group of candles_csv().
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{21}, few}) {
      CAPTURE(limit);
      check_all_equal(path, make_input->second(folder), splits(1), limit);
    }
  }
}

TEST_CASE("pipelines: HDF5 files of chunks of four images, and many files, do not depend on batches either") {
  int n_checked = 0;
  for (const auto& path : shipped_pipelines()) {
    const auto make_input = shipped_inputs().find(path.filename().string());
    const std::vector<std::string> stores = ids_of(path, "write_hdf5");
    if (make_input == shipped_inputs().end() || stores.empty()) continue;
    CAPTURE(path);
    const TempDir folder;
    const Overrides input = make_input->second(folder);

    Overrides chunks = input;
    for (const std::string& id : stores) chunks.push_back({id + ".images_per_chunk", "4"});
    check_all_equal(path, chunks, splits(4), few);

    Overrides files = input;
    for (const std::string& id : stores) files.push_back({id + ".images_per_file", "5"});
    check_all_equal(path, files, splits(1), few);

    Overrides both = chunks;
    for (const std::string& id : stores) both.push_back({id + ".images_per_file", "12"});
    check_all_equal(path, both, splits(4), few);
    ++n_checked;
  }
  CHECK(n_checked > 0);
}

TEST_CASE("pipelines: the real candles, more of them than a batch holds") {
  const char* given = std::getenv("PLOTMILL_TEST_DATA");
  const std::string data = std::string(given != nullptr ? given : "../shared/data") + "/candles_1m.csv";
  if (!std::filesystem::exists(data)) {
    MESSAGE("SKIPPED: ", data, " is absent; PLOTMILL_TEST_DATA names its folder");
    return;
  }
  const Overrides input = {{"prices.path", data}};
  check_all_equal(pipelines_folder / "candles.json", input,
                  {{1, 7}, {1, 512}, {many_threads(), 1}, {many_threads(), 7}, {many_threads(), 512}}, 530);
}

}  // namespace plotmill
