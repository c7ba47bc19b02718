// Series that can't be read or drawn end a run, are left out, or are blank images: with the same outputs whatever the
// batches and threads, and whether the run was stopped or not. What is right is worked out by hand.
#include <doctest/doctest.h>

#include "plotmill/verify.hpp"
#include "support/bad_series_runs.hpp"
#include "support/process_use.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

/// A judged input, and runs of it.
struct Case {
  explicit Case(std::string what_to_do) : judge(inputs.file("in.csv")), on_bad_series(std::move(what_to_do)) {}

  [[nodiscard]] json definition(const TempDir& folder, std::size_t batch = 5, double checkpoint = 30) const {
    return definition_of_csv(
        inputs.write("in.csv", judge.csv), folder.path(),
        {{"on_bad_series", on_bad_series}, {"batch", batch}, {"threads", 1 + batch % 4}, {"checkpoint", checkpoint}});
  }

  TempDir inputs{memory_folder()};
  BadSeriesJudge judge;
  std::string on_bad_series;
};

std::vector<std::string> problems_of(const TempDir& folder) {
  std::vector<std::string> texts;
  for (const VerifyProblem& problem : verify_output(folder.path(), {}).problems) {
    texts.push_back(problem.message().substr(folder.path().string().size() + 1));
  }
  return texts;
}

void check_splits(const Case& each, const StoredOutputs& expected) {
  for (const std::size_t batch : {1U, 2U, 3U, 7U, 64U, 500U}) {
    CAPTURE(batch);
    const TempDir folder(memory_folder());
    (void)run_whole(each.definition(folder, batch));
    CHECK(first_difference(expected, read_outputs(folder.path())) == "");
  }
}

/// Runs that are stopped twice. The CSV file stays as it is: a run of another is refused.
void check_stops(const Case& each, const StoredOutputs& expected) {
  Random random(81);
  for (int trial = 0; trial < 15; ++trial) {
    CAPTURE(trial);
    const TempDir folder(memory_folder());
    json definition = each.definition(folder);
    for (int stop = 0; stop < 2; ++stop) {
      definition["run"]["batch"] = 1 + random_below(random, 12);
      definition["run"]["checkpoint"] = random_below(random, 2) == 0 ? 0.0 : 1e6;
      const Death death{.way = "throw",
                        .step = random_below(random, 4) == 0 ? "finish" : "committed",
                        .writer = random_below(random, 3),
                        .n_images = random_below(random, each.judge.series.size())};
      Watcher watcher;
      try {
        (void)run_and_die(definition, stop > 0, death, watcher);
      } catch (const Error& error) {
        CHECK(std::string(error.what()).find("the end") != std::string::npos);
      }
    }
    const RunReport report = run_whole(definition, true);
    CHECK(first_difference(expected, read_outputs(folder.path())) == "");
    CHECK(problems_of(folder) == std::vector<std::string>());
    if (report.images > 0) CHECK(report.n_skipped + report.n_blanked == each.judge.bad().size());
  }
}

}  // namespace

TEST_CASE("bad series: those that are skipped leave the others as if they were not there, and are listed") {
  Case each("skip");
  add_rows_of_every_kind(each.judge, 1, 420);
  const std::vector<JudgedSeries> good = each.judge.good();
  REQUIRE(good.size() > 40);
  REQUIRE(each.judge.bad().size() > 20);
  REQUIRE((each.judge.series.front().is_bad() && each.judge.series.back().is_bad()));
  const TempDir folder(memory_folder());
  check_report(run_whole(each.definition(folder)), each.judge, false);
  const Images images = read_images(folder.path());
  const Images alone = images_alone(good);
  CHECK((images.charts == alone.charts));
  CHECK((images.steep == alone.steep));
  const Hdf5Reading one(folder.file("one.h5"));
  CHECK(one.groups() == each.judge.groups);
  check_series(one, good, each.judge.groups);
  check_skipped(one.skipped(), each.judge.bad());
  check_skipped(skipped_of_many(folder.path(), each.judge.groups), each.judge.bad());
  const StoredOutputs outputs = read_outputs(folder.path());
  check_splits(each, outputs);
  check_stops(each, outputs);
}

TEST_CASE("bad series: those that are blank leave the others as they are, and are marked") {
  Case each("blank");
  add_rows_of_every_kind(each.judge, 2, 420);
  const TempDir folder(memory_folder());
  check_report(run_whole(each.definition(folder)), each.judge, true);
  const Images images = read_images(folder.path());
  const Images alone = images_alone(each.judge.good());
  REQUIRE(images.charts.size() == each.judge.series.size() * n_pixels);
  for (std::size_t i = 0, n_good = 0; i < each.judge.series.size(); ++i) {
    CAPTURE(i);
    const std::vector<std::uint8_t> chart(images.charts.begin() + static_cast<std::ptrdiff_t>(i * n_pixels),
                                          images.charts.begin() + static_cast<std::ptrdiff_t>((i + 1) * n_pixels));
    if (each.judge.series[i].is_bad()) {
      CHECK((chart == std::vector<std::uint8_t>(n_pixels, 255)));
      CHECK((images.steep[i] == std::vector<std::uint8_t>(images.steep[i].size(), 255)));
      continue;
    }
    CHECK(
        std::equal(chart.begin(), chart.end(), alone.charts.begin() + static_cast<std::ptrdiff_t>(n_good * n_pixels)));
    CHECK((images.steep[i] == alone.steep[n_good++]));
  }
  const Hdf5Reading one(folder.file("one.h5"));
  CHECK_FALSE(one.has("skipped"));
  CHECK(one.groups() == each.judge.groups);
  check_series(one, each.judge.series, each.judge.groups);
  const StoredOutputs outputs = read_outputs(folder.path());
  check_splits(each, outputs);
  check_stops(each, outputs);
}

TEST_CASE("bad series: without a word about them the first one ends the run, and says where and why") {
  for (const std::string kind : {"oops", "nothing", "", "flat"}) {
    CAPTURE(kind);
    Case each("error");
    for (int i = 0; i < 600; ++i) each.judge.add_row("größe", std::to_string(i));
    for (int i = 0; i < 9; ++i) each.judge.add_row("größe", kind == "flat" || i > 0 ? "7" : kind);
    const TempDir folder(memory_folder());
    const JudgedSeries first = each.judge.bad().front();
    std::string text;
    try {
      (void)run_whole(each.definition(folder, 4, 0));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      text = error.what();
    }
    CAPTURE(text);
    const bool is_of_row = kind == "oops" || kind == "nothing";
    const std::string reason = (is_of_row ? "rows (read_csv) " : "") + reason_of(first, first.n_good_before);
    CHECK(text.substr(0, reason.size()) == reason);
    CHECK(text.ends_with(" images are kept, and --resume goes on after them"));
    CHECK(names_in(folder.file("png")).size() > 4);
  }
}

TEST_CASE("bad series: where all are bad there are no images, or blank ones, and nothing is hidden") {
  for (const std::string what : {"skip", "blank"}) {
    CAPTURE(what);
    Case each(what);
    for (int i = 0; i < 30; ++i) each.judge.add_row(i % 3 == 0 ? "a" : "b", i % 2 == 0 ? "oops" : "");
    REQUIRE(each.judge.good().empty());
    const TempDir folder(memory_folder());
    const json definition = each.definition(folder, 2);
    check_report(run_whole(definition), each.judge, what == "blank");
    const Hdf5Reading one(folder.file("one.h5"));
    CHECK(one.groups() == each.judge.groups);
    check_series(one, what == "blank" ? each.judge.series : std::vector<JudgedSeries>(), each.judge.groups);
    if (what == "skip") check_skipped(one.skipped(), each.judge.bad());
    const StoredOutputs outputs = read_outputs(folder.path());
    CHECK((what == "blank") == outputs.contains("png/000000.png"));
    // A finished run is left alone also where it has no image.
    CHECK(run_whole(definition, true).images == 0);
    CHECK(first_difference(outputs, read_outputs(folder.path())) == "");
    check_splits(each, outputs);
  }
}

TEST_CASE("bad series: a name that only a skipped series has is kept by a run that was stopped at its very end") {
  Case each("skip");
  for (int i = 0; i < 6; ++i) each.judge.add_row("first", std::to_string(i));
  for (int i = 0; i < 6; ++i) each.judge.add_row("only bad", "oops");
  for (int i = 0; i < 3; ++i) each.judge.add_row("first", std::to_string(i));
  const TempDir whole(memory_folder());
  json definition = each.definition(whole, 1, 0);
  (void)run_whole(definition);
  const TempDir folder(memory_folder());
  definition = definition_of_csv(each.inputs.file("in.csv"), folder.path(), definition["run"]);
  Watcher watcher;
  CHECK_THROWS_AS(run_and_die(definition, false, {.way = "throw", .step = "finish"}, watcher), Error);
  (void)run_whole(definition, true);
  CHECK(first_difference(read_outputs(whole.path()), read_outputs(folder.path())) == "");
  CHECK(Hdf5Reading(folder.file("one.h5")).groups() == each.judge.groups);
}

TEST_CASE(
    "bad series: where verify finds nothing in a file with a changed byte, all that is read from it is the same") {
  const std::uint32_t seed = 11;
  CAPTURE(seed);
  Random random(seed);
  Case each("skip");
  add_rows_of_every_kind(each.judge, 4, 300);
  const TempDir folder(memory_folder());
  (void)run_whole(each.definition(folder, 4, 0));
  const StoredOutputs expected = read_outputs(folder.path());
  std::size_t n_found = 0;
  const std::size_t n_trials = has_sanitizer ? 30 : 150;
  for (const std::string name : {"one.h5", "many_0001.h5"}) {
    const std::string original = read_bytes(folder.file(name));
    for (std::size_t trial = 0; trial < n_trials; ++trial) {
      // Chunks that are not filled are most of such a small file, but all metadata come early.
      const std::size_t at = random_below(random, trial % 2 == 0 ? original.size() : original.size() / 20);
      CAPTURE(at);
      std::string bytes = original;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_below(random, 8)));
      (void)folder.write(name, bytes);
      if (!problems_of(folder).empty()) {
        ++n_found;
      } else {
        CHECK(first_difference(expected, read_outputs(folder.path())) == "");
      }
    }
    (void)folder.write(name, original);
  }
  CHECK(n_found > n_trials / 4);
}

}  // namespace plotmill
