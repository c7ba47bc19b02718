// Previews through the public interface, against what the run then does.
#include "plotmill/preview.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/hdf5_reading.hpp"
#include "support/png_image.hpp"
#include "support/temp_dir.hpp"

namespace plotmill {
namespace {

using namespace test;
using nlohmann::json;

json stage(const char* id, const char* type, const json& params) {
  return {{"id", id}, {"type", type}, {"params", params}};
}

std::string definition_of(const json& stages) { return json{{"plotmill", 1}, {"stages", stages}}.dump(); }

/// Reader, small charts, HDF5.
std::string job(const json& reader, const std::string& output, const json& look = json::object()) {
  json params = {{"width", 60}, {"height", 40}};
  params.update(look);
  return definition_of(
      {reader, stage("charts", "draw_lines", params), stage("store", "write_hdf5", {{"path", output}})});
}

json walks(std::int64_t count) { return stage("walks", "make_sequences", {{"count", count}, {"window", 20}}); }

Preview preview_of(const std::string& definition, const PreviewOptions& options = {}) {
  return Pipeline::from_json(definition).preview(options);
}

/// Groups A, B, C, of 10, 3 and 7 rows.
std::string csv() {
  std::string text = "name,price\n";
  const auto add = [&](const char* name, int n) {
    for (int i = 0; i < n; ++i) text += std::string(name) + "," + std::to_string(i * i % 7) + "\n";
  };
  add("A", 10);
  add("B", 3);
  add("C", 7);
  return text;
}

std::vector<std::uint64_t> indices_of(const Preview& preview) {
  std::vector<std::uint64_t> indices;
  for (const PreviewChart& chart : preview.charts) indices.push_back(chart.index);
  return indices;
}

}  // namespace

TEST_CASE("preview: the first charts on a sheet, and no output touched") {
  const TempDir folder;
  const std::string output = folder.write("charts.h5", "older");
  const Preview preview = preview_of(job(walks(100), output), {.count = 7});
  CHECK(indices_of(preview) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6});
  const GrayImage sheet = read_png(preview.sheet_png);
  CHECK(sheet.width == ContactSheet::width);
  for (const PreviewChart& chart : preview.charts) {
    CHECK(chart.stage == "charts");
    CHECK(chart.group == "random walk");
    CHECK(chart.first_row == 20 * chart.index);
    const SheetPlace place = chart.place;
    REQUIRE(place.x + place.width < sheet.width);
    REQUIRE(place.y + place.height < sheet.height);
    std::size_t n_ink = 0;
    for (std::uint32_t y = place.y; y < place.y + place.height; ++y) {
      for (std::uint32_t x = place.x; x < place.x + place.width; ++x) {
        n_ink += sheet.pixels[std::size_t{y} * sheet.width + x] < 255 ? 1U : 0U;
      }
    }
    CHECK(n_ink > place.width / 2);
  }
  CHECK(read_bytes(output) == "older");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("preview: no folder is made for PNG and JPEG files, and each draw stage has its block") {
  const TempDir folder;
  json small = stage("small", "draw_lines", {{"width", 20}, {"height", 20}});
  json large = stage("large", "draw_lines", {{"width", 300}, {"height", 20}});
  large["from"] = "walks";
  json jpeg = stage("photos", "write_jpeg", {{"directory", folder.file("photos")}});
  json png = stage("pages", "write_png", {{"directory", folder.file("pages")}});
  png["from"] = "small";
  const Preview preview = preview_of(definition_of({walks(30), small, large, jpeg, png}), {.count = 2});
  REQUIRE(preview.charts.size() == 4);
  CHECK(preview.charts[1].stage == "small");
  CHECK(preview.charts[2].stage == "large");
  CHECK(preview.charts[2].place.y > preview.charts[1].place.y + preview.charts[1].place.height);
  REQUIRE(preview.outputs.size() == 2);
  for (const PreviewOutput& output : preview.outputs) CHECK(output.bytes.value() > 30 * 50);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("preview: the number of images is that of the run, whatever reads") {
  const TempDir folder;
  const std::string stored = folder.file("walks.h5");
  (void)Pipeline::from_json(job(walks(33), stored)).run();
  std::string npy = std::string("\x93NUMPY\x01\x00", 8) + '\x76' + '\0' +
                    "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 5), }";
  npy.resize(128, ' ');
  npy.append(6 * 5 * sizeof(float), '\x3f');
  const json readers[] = {
      walks(0),
      walks(1),
      walks(5000),
      stage("r", "make_sequences", {{"count", 50}, {"limit", 20}}),
      stage("r", "read_csv", {{"path", folder.write("a.csv", csv())}, {"column", 1}, {"group_by", 0}, {"window", 4}}),
      stage("r", "read_csv", {{"path", folder.file("a.csv")}, {"column", "price"}, {"window", 4}, {"limit", 9}}),
      stage("r", "read_npy", {{"path", folder.write("a.npy", npy)}, {"window", 2}, {"stride", 2}}),
      stage("r", "read_hdf5", {{"path", stored}}),
  };
  for (const json& reader : readers) {
    for (const bool spread : {false, true}) {
      const std::string definition = job(reader, folder.file("out.h5"));
      const Preview preview = preview_of(definition, {.count = 5, .spread = spread});
      const RunReport report = Pipeline::from_json(definition).run({.overwrite = true});
      CHECK(preview.n_images == report.images);
      CHECK(preview.n_images_is_exact);
      CHECK(preview.charts.size() == std::min<std::size_t>(5, report.images));
      CHECK(preview.plan.memory_bytes == report.plan.memory_bytes);
    }
  }
}

TEST_CASE("preview: spread charts are those of the run at these numbers, from the first to the last") {
  const TempDir folder;
  const std::string stored = folder.file("walks.h5");
  const json reader =
      stage("r", "read_csv", {{"path", folder.write("a.csv", csv())}, {"column", 1}, {"group_by", 0}, {"window", 4}});
  for (const json& input : {reader, walks(11)}) {
    const Preview preview = preview_of(job(input, stored), {.count = 4, .spread = true});
    CHECK(indices_of(preview) == std::vector<std::uint64_t>{0, 3, 6, 10});
    (void)Pipeline::from_json(job(input, stored)).run({.overwrite = true});
    const Hdf5Reading file(stored);
    for (const PreviewChart& chart : preview.charts) {
      const Source source = file.sources()[chart.index];
      CHECK(chart.group == file.groups()[source.group]);
      CHECK(chart.first_row == source.first_row);
    }
  }
}

TEST_CASE("preview: the size is about that of what the run writes") {
  const TempDir folder;
  const json looks[] = {json::object(),       {{"dtype", "float32"}}, {{"images_per_chunk", 8}},
                        {{"libver", "v110"}}, {{"sequences", false}}, {{"sequences", "float64"}}};
  for (const json& look : looks) {
    json store = stage("store", "write_hdf5", {{"path", folder.file("out.h5")}});
    store["params"].update(look);
    const std::string definition =
        definition_of({walks(4000), stage("charts", "draw_lines", {{"width", 200}, {"height", 100}}), store});
    const Preview preview = preview_of(definition);
    const RunReport report = Pipeline::from_json(definition).run({.overwrite = true});
    const double ratio =
        static_cast<double>(preview.outputs.at(0).bytes.value()) / static_cast<double>(report.bytes_written);
    INFO(look.dump(), " ", ratio);
    CHECK(std::abs(ratio - 1) < 0.05);
    CHECK(preview.seconds.value() > 0);
  }
}

TEST_CASE("preview: the number of images of an input too long to read is extrapolated") {
  const TempDir folder;
  std::string text = "price\n";
  for (int i = 0; i < 6000000; ++i) text += std::to_string(i % 10) + std::to_string(i % 7) + ".5\n";
  const json reader =
      stage("r", "read_csv", {{"path", folder.write("long.csv", text)}, {"column", 0}, {"window", 500}});
  const Preview preview = preview_of(job(reader, "out.h5"), {.count = 1});
  CHECK_FALSE(preview.n_images_is_exact);
  CHECK(std::abs(static_cast<double>(preview.n_images.value()) / 5999501 - 1) < 0.03);
  json limited = reader;
  limited["params"]["limit"] = 5000000;
  CHECK(std::abs(static_cast<double>(preview_of(job(limited, "out.h5"), {.count = 1}).n_images.value()) / 5e6 - 1) <
        0.03);
}

TEST_CASE("preview: series at which the run would end are told as the run tells them") {
  const TempDir folder;
  std::string text = "name,price\n";
  for (const char* price : {"1", "2", "3", "3", "3", "4", "nan", "5"}) text += std::string("A,") + price + "\n";
  const json reader =
      stage("r", "read_csv", {{"path", folder.write("a.csv", text)}, {"column", 1}, {"group_by", 0}, {"window", 3}});
  for (const json& look : {json{{"flat", "error"}}, json{{"gaps", "error"}}}) {
    const std::string definition = job(reader, folder.file("out.h5"), look);
    const Preview preview = preview_of(definition);
    REQUIRE(preview.bad_series.size() >= 1);
    CHECK(preview.charts.size() == 6);
    CHECK_THROWS_WITH_AS((void)Pipeline::from_json(definition).run(), preview.bad_series[0].message().c_str(), Error);
    const auto is_bad = [](const PreviewChart& chart) { return !chart.is_drawn; };
    CHECK(static_cast<std::size_t>(std::ranges::count_if(preview.charts, is_bad)) == preview.bad_series.size());
    CHECK(preview.outputs[0].bytes.value() > 0);
  }
}

TEST_CASE("preview: what a run refuses is refused with the same words") {
  const TempDir folder;
  const std::string broken = folder.write("b.csv", "price\n1\n2\nthree\n");
  const json reader = stage("r", "read_csv", {{"path", broken}, {"column", 0}, {"window", 2}});
  CHECK_THROWS_WITH_AS(
      (void)preview_of(job(reader, "out.h5")),
      doctest::Contains(("r (read_csv) " + broken + ":4: column \"price\": \"three\" is not a").c_str()), Error);
  json little = json::parse(job(walks(5), "out.h5"));
  little["run"]["memory"] = 1000;
  CHECK_THROWS_WITH_AS((void)preview_of(little.dump()), doctest::Contains("run/memory: 1000 B is less than"), Error);
  for (const std::size_t count : {std::size_t{0}, std::size_t{1001}}) {
    CHECK_THROWS_WITH_AS((void)preview_of(job(walks(5), "out.h5"), {.count = count}),
                         doctest::Contains("is outside 1..1000"), Error);
  }
}

TEST_CASE("preview: the first charts of a pipe can be seen, but not spread ones, as they need to read it twice") {
  const TempDir folder;
  const std::string pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string definition = job(stage("r", "read_csv", {{"path", pipe}, {"column", 0}, {"window", 2}}), "out.h5");
  const auto preview_of_pipe = [&](bool spread) {
    std::thread writer([&] { std::ofstream(pipe) << "price\n1\n2\n3\n"; });
    struct Join {
      std::thread& thread;
      ~Join() { thread.join(); }
    } const join{writer};
    return preview_of(definition, {.spread = spread});
  };
  CHECK(preview_of_pipe(false).n_images == 2);
  CHECK_THROWS_WITH_AS((void)preview_of_pipe(true), doctest::Contains("this one can be read only once"), Error);
}

TEST_CASE("preview: a writer that cannot be rehearsed is never opened, and its size is not known") {
  const TempDir folder;
  struct Watched final : Writer {
    void declare(Options&) override {}
    void open(const ImageShape&, const SeriesShape&, const RunSetup&) override { FAIL("opened"); }
    Footprint footprint() const override { return {}; }
    void encode(BatchPosition, const Ink&, Encoded&, std::size_t) override { FAIL("asked to encode"); }
    void commit(BatchPosition, const Sequences&, const Encoded&) override {}
    void finish() override {}
    void abandon() noexcept override {}
    std::uint64_t bytes_written() const noexcept override { return 0; }
  };
  Registry registry = builtin_stages();
  registry.add({.type = "write_nowhere", .summary = "Stores nothing.", .make = [] {
                  return std::unique_ptr<Writer>(new Watched);
                }});
  json pages = stage("pages", "write_png", {{"directory", folder.file("pages")}});
  pages["from"] = "charts";
  const std::string definition = definition_of(
      {walks(9), stage("charts", "draw_lines", json::object()), stage("out", "write_nowhere", json::object()), pages});
  const Preview preview = Pipeline::from_json(definition, {}, registry).preview({});
  REQUIRE(preview.outputs.size() == 2);
  CHECK(preview.outputs[0].bytes.value() > 0);
  CHECK(preview.outputs[1].id == "out");
  CHECK_FALSE(preview.outputs[1].bytes);
  CHECK(json::parse(to_json(preview, "s.png")).at("output_bytes").is_null());
}

TEST_CASE("preview: images of every size") {
  for (const auto& [width, height] : {std::pair{1, 1}, {65535, 1}, {1, 65535}, {20000, 20000}}) {
    json definition = json::parse(job(walks(3), "out.h5", {{"width", width}, {"height", height}}));
    definition["run"]["memory"] = "64GiB";
    const Preview preview = preview_of(definition.dump(), {.count = 2});
    CHECK(preview.charts.size() == 2);
    CHECK(read_png(preview.sheet_png).width == ContactSheet::width);
  }
}

TEST_CASE("preview: series of very many points") {
  const json reader = stage("r", "make_sequences", {{"count", 300}, {"window", 400000}});
  const Preview preview = preview_of(job(reader, "out.h5"), {.count = 2, .spread = true});
  CHECK(indices_of(preview) == std::vector<std::uint64_t>{0, 299});
}

TEST_CASE("preview: cancel ends it") {
  Pipeline pipeline = Pipeline::from_json(job(walks(100), "out.h5"));
  pipeline.cancel();
  CHECK_THROWS_WITH_AS((void)pipeline.preview({}), "cancelled; nothing was written", Error);
  CHECK(pipeline.preview({}).charts.size() == 48);
}

TEST_CASE("preview: as JSON") {
  const json object = json::parse(to_json(preview_of(job(walks(3), "out.h5")), "sheet.png"));
  CHECK(object.at("sheet") == "sheet.png");
  CHECK(object.at("images") == 3);
  CHECK(object.at("images_exact") == true);
  CHECK(object.at("outputs").at(0).at("bytes") == object.at("output_bytes"));
  CHECK(object.at("charts").at(2).at("first_row") == 40);
  CHECK(object.at("charts").at(0).at("place").size() == 4);
  CHECK(object.at("bad_series").empty());
}

}  // namespace plotmill
