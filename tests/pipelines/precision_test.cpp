// Values keep their digits from every kind of input to the image and to /sequences, on the CPU and on a device: series
// that float32 would cut are drawn as what they are without the part that they have in common.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/run/run.hpp"
#include "plotmill/draw_lines.hpp"
#include "support/emulated_device.hpp"
#include "support/hdf5_inputs.hpp"
#include "support/hdf5_reading.hpp"
#include "support/npy_bytes.hpp"
#include "support/number_text.hpp"
#include "support/temp_dir.hpp"

namespace plotmill {
namespace {

using namespace test;
using nlohmann::json;

constexpr std::size_t n_points = 60;

struct Case {
  std::string name;
  std::vector<double> series, near;
  int most_difference;  ///< In 255ths: what decimal digits lose by being rounded far from 0.
  bool is_whole;        ///< Every value is a whole number that an int64 holds.
};

template <class Value>
std::vector<double> series_of(Value value) {
  std::vector<double> series(n_points);
  for (std::size_t k = 0; k < n_points; ++k) series[k] = value(static_cast<std::int64_t>(k));
  return series;
}

std::vector<Case> cases() {
  const auto cents = [](std::int64_t k) { return static_cast<double>(k * k * 7 % 31); };
  const auto number = [](std::int64_t k) { return static_cast<double>(k); };
  return {{"quote", series_of([&](std::int64_t k) { return (11'000'001 + cents(k)) / 100; }),
           series_of([&](std::int64_t k) { return (1 + cents(k)) / 100; }), 1, false},
          {"ramp", series_of([&](std::int64_t k) { return 2e9 + number(k); }), series_of(number), 0, true},
          {"clock", series_of([&](std::int64_t k) { return 1764288000123 + number(k); }), series_of(number), 0, true},
          {"meter", series_of([&](std::int64_t k) { return (987'654'321 + number(k)) / 10; }),
           series_of([&](std::int64_t k) { return number(k) / 10; }), 1, false},
          {"huge", series_of([&](std::int64_t k) { return k % 7 == 0   ? 1e39
                                                          : k % 5 == 0 ? -1e39
                                                                       : 0; }),
           series_of([&](std::int64_t k) { return k % 7 == 0   ? 1
                                                  : k % 5 == 0 ? -1
                                                               : 0; }), 0, false}};
}

/// The same numbers in a file of each kind; an integer type has those that are whole.
class Inputs {
 public:
  explicit Inputs(const std::vector<Case>& all) {
    std::string csv = "name,value\n";
    std::vector<std::vector<double>> rows;
    std::vector<double> numbers;
    std::vector<std::int64_t> integers;
    std::vector<Case> whole;
    for (const Case& each : all) {
      for (const double value : each.series) csv += each.name + "," + number_text(value) + "\n";
      rows.push_back(each.series);
      numbers.insert(numbers.end(), each.series.begin(), each.series.end());
      if (!each.is_whole) continue;
      whole.push_back(each);
      integers.insert(integers.end(), each.series.begin(), each.series.end());
    }
    add("read_csv", {{"path", folder_.write("a.csv", csv)}, {"column", 1}, {"group_by", 0}, {"window", n_points}}, all);
    add("read_npy", {{"path", folder_.write("f8.npy", npy_bytes(rows))}}, all);
    add("read_npy", {{"path", folder_.write("i8.npy", npy_bytes_of_integers(integers))}}, whole);
    Hdf5File(folder_.file("f8.h5"))
        .add("sequences", H5T_IEEE_F64LE, {all.size(), n_points}, H5T_NATIVE_DOUBLE, numbers.data());
    add("read_hdf5", {{"path", folder_.file("f8.h5")}}, all);
    Hdf5File(folder_.file("i8.h5"))
        .add("sequences", H5T_STD_I64LE, {whole.size(), n_points}, H5T_NATIVE_INT64, integers.data());
    add("read_hdf5", {{"path", folder_.file("i8.h5")}}, whole);
  }

  struct Input {
    json reader;
    std::vector<Case> cases;
  };
  [[nodiscard]] const std::vector<Input>& all() const { return all_; }

 private:
  void add(const char* type, json params, std::vector<Case> cases) {
    all_.push_back({{{"id", "in"}, {"type", type}, {"params", std::move(params)}}, std::move(cases)});
  }

  static std::string npy_bytes_of_integers(const std::vector<std::int64_t>& integers) {
    const std::vector<double> room(n_points);
    std::string bytes = npy_bytes(std::vector(integers.size() / n_points, room));
    bytes.replace(bytes.find("<f8"), 3, "<i8");
    bytes.replace(128, std::string::npos, reinterpret_cast<const char*>(integers.data()), 8 * integers.size());
    return bytes;
  }

  TempDir folder_;
  std::vector<Input> all_;
};

void run(const json& reader, const std::string& output, const std::string& device) {
  const json definition{{"plotmill", 1},
                        {"run", {{"device", device}, {"threads", 2}, {"batch", 2}}},
                        {"stages",
                         {reader,
                          {{"id", "charts"}, {"type", "draw_lines"}, {"params", {{"width", 224}, {"height", 160}}}},
                          {{"id", "store"}, {"type", "write_hdf5"}, {"params", {{"path", output}}}}}}};
  const Registry registry = builtin_stages();
  DeviceScript script;
  const Definition parsed = parse_definition(definition.dump(), "", {}, registry);
  const std::atomic<bool> cancelled = false;
  (void)run_definition(parsed, {.overwrite = true}, cancelled, emulated_devices(script));
  CHECK((script.n_submitted > 0) == (device == "cuda"));
}

std::vector<std::uint8_t> pixels_of(const std::vector<double>& series) {
  LineOptions options;
  options.width = 224;
  options.height = 160;
  const Ink ink = draw_lines({series.data(), 1, series.size()}, options);
  std::vector<std::uint8_t> pixels(ink.shape.n_pixels());
  fill_pixels(ink.image(0), pixels);
  return pixels;
}

int greatest_difference(const std::uint8_t* a, const std::vector<std::uint8_t>& b) {
  int greatest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) greatest = std::max(greatest, std::abs(int{a[i]} - int{b[i]}));
  return greatest;
}

void check_output(const std::string& path, const std::vector<Case>& cases) {
  const Hdf5Reading file(path);
  const std::vector<std::uint8_t> gray = file.gray();
  const std::vector<double> sequences = file.sequences();
  REQUIRE(sequences.size() == cases.size() * n_points);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].name);
    const auto stored = sequences.begin() + static_cast<std::ptrdiff_t>(i * n_points);
    CHECK(std::equal(cases[i].series.begin(), cases[i].series.end(), stored));
    const std::vector<std::uint8_t> expected = pixels_of(cases[i].near);
    CHECK(greatest_difference(gray.data() + i * expected.size(), expected) <= cases[i].most_difference);
  }
}

}  // namespace

TEST_CASE("precision: every kind of input keeps its digits, on the CPU and on a device") {
  const TempDir folder;
  const Inputs inputs(cases());
  for (const Inputs::Input& input : inputs.all()) {
    CAPTURE(input.reader.dump());
    for (const std::string device : {"cpu", "cuda"}) {
      CAPTURE(device);
      run(input.reader, folder.file("a.h5"), device);
      check_output(folder.file("a.h5"), input.cases);
      // What was stored is an input itself.
      const json again{{"id", "in"}, {"type", "read_hdf5"}, {"params", {{"path", folder.file("a.h5")}}}};
      run(again, folder.file("b.h5"), device);
      check_output(folder.file("b.h5"), input.cases);
    }
  }
}

TEST_CASE("precision: so does a call without a pipeline") {
  for (const Case& each : cases()) {
    CAPTURE(each.name);
    const std::vector<std::uint8_t> pixels = pixels_of(each.series);
    CHECK(greatest_difference(pixels.data(), pixels_of(each.near)) <= each.most_difference);
  }
}

TEST_CASE("precision: a run that asks for float32 ends at a value that it can't hold, and names its series") {
  const TempDir folder;
  const std::string csv = folder.write("a.csv", "name,value\na,1\na,2\nb,3\nb,1e39\n");
  const std::string definition = R"({"plotmill": 1, "stages": [
      {"id": "rows", "type": "read_csv", "params": {"column": "value", "group_by": "name", "window": 2, "path": ")" +
                                 csv + R"("}},
      {"id": "charts", "type": "draw_lines", "params": {"width": 20, "height": 10}},
      {"id": "store", "type": "write_hdf5", "params": {"path": ")" +
                                 folder.file("out.h5") + R"(", "sequences": "float32"}}]})";
  try {
    (void)Pipeline::from_json(definition).run();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(
        std::string(error.what()) ==
        "store (write_hdf5) image 1 (of rows (read_csv), group \"b\", data row 2): point 1 of the series is 1e+39, too "
        "large for /sequences of float32; set sequences to \"float64\"");
  }
  CHECK_FALSE(std::filesystem::exists(folder.file("out.h5")));
}

}  // namespace plotmill
