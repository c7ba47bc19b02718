#include "plotmill/describe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/definition/apply_options.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/definition/option_text.hpp"
#include "support/fake_stages.hpp"

using namespace plotmill;
using nlohmann::json;

TEST_CASE("describe: the list has one line for each stage, with what it takes and gives") {
  CHECK(describe_stages(fake::fake_stages()) ==
        "fake_read          -> series  Reads nothing.\n"
        "fake_draw   series -> ink     Draws nothing.\n"
        "fake_write  ink    ->         Writes nothing.\n");
  CHECK(describe_stages(Registry{}).empty());
}

TEST_CASE("describe: a stage shows every option with what it accepts") {
  CHECK(describe_stage(*fake::fake_stages().find("fake_draw")) ==
        "fake_draw\n"
        "  Draws nothing.\n"
        "  Takes series, gives ink.\n"
        "\n"
        "  width      an integer, 1..65535 px; default 800\n"
        "             Width of an image.\n"
        "             Example: \"width\": 800\n"
        "\n"
        "  margin     a number, 0..100.5 px; default 0\n"
        "             Space on every side.\n"
        "             Example: \"margin\": 0\n"
        "\n"
        "  antialias  true or false; default true\n"
        "             Smooth lines.\n"
        "             Example: \"antialias\": false\n"
        "\n"
        "  dpi        a number or null, at least 1; not given by default\n"
        "             Widths are in points where it is given.\n"
        "             Example: \"dpi\": 1\n"
        "\n"
        "  normalize  minmax, none or {\"range\": [lo, hi]}; default minmax\n"
        "             What fills the page.\n"
        "             Example: \"normalize\": {\"range\":[0,1]}\n"
        "\n"
        "  flat       middle, bottom or error; default middle\n"
        "             Equal values.\n"
        "             Example: \"flat\": \"bottom\"\n");
  CHECK(describe_stage(*fake::fake_stages().find("fake_read")).find("  path    text; required\n") != std::string::npos);
}

TEST_CASE("describe: long sentences are broken into lines of 100 characters") {
  std::string summary;
  for (int i = 0; i < 60; ++i) summary += i == 0 ? "word" : " word";
  const StageInfo info{"long_one", summary, [] { return std::unique_ptr<Writer>(new fake::FakeWriter); }};
  std::istringstream lines(describe_stage(info));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("describe: the JSON of the stages holds everything") {
  const json stages = json::parse(describe_stages_json(fake::fake_stages()));
  REQUIRE(stages.size() == 3);
  CHECK(stages[0].at("takes").is_null());
  CHECK(stages[0].at("gives") == "series");
  CHECK(stages[0].at("options")[0].at("required") == true);
  CHECK(stages[1].at("type") == "fake_draw");
  CHECK(stages[1].at("summary") == "Draws nothing.");
  CHECK(stages[1].at("options")[0] == json::parse(R"({"name": "width", "type": "integer", "min": 1, "max": 65535,
      "words": [], "default": 800, "required": false, "unit": "px", "doc": "Width of an image.",
      "example": 800})"));
  CHECK(stages[1].at("options")[0].at("max").is_number_integer());
  CHECK(stages[1].at("options")[4].at("words") == json::parse(R"(["minmax", "none"])"));
  CHECK(stages[1].at("options")[3].at("max").is_null());
}

TEST_CASE("describe: the JSON of a report has every number") {
  RunReport report;
  report.images = 10;
  report.resumed_at = 30;
  report.n_skipped = 2;
  report.n_blanked = 1;
  report.bad_series = {{std::nullopt, "a", 17, "in.csv:19: no number"}, {4, "", 5, "charts (draw_lines): flat"}};
  report.blank = 3;
  report.seconds = 0.5;
  report.bytes_written = 1000;
  report.plan.device = "cpu";
  report.plan.threads = 2;
  report.plan.batch = 5;
  report.plan.batches_in_flight = 3;
  report.stages.push_back({"charts", "draw_lines", 0.25, 0.125, 10});
  CHECK(json::parse(to_json(report)) == json::parse(R"({"images": 10, "resumed_at": 30, "seconds": 0.5,
      "images_per_second": 20.0, "bytes_written": 1000, "device": "cpu", "streams": 0, "skipped": 2, "blanked": 1,
      "bad_series": [{"image": null, "group": "a", "first_row": 17, "reason": "in.csv:19: no number"},
                     {"image": 4, "group": "", "first_row": 5, "reason": "charts (draw_lines): flat"}],
      "blank": 3, "threads": 2, "batch": 5, "batches_in_flight": 3, "stages": [{"id": "charts", "type": "draw_lines", "busy_seconds": 0.25,
      "waiting_seconds": 0.125, "items": 10}]})"));
  CHECK(json::parse(to_json(RunReport{})).at("images_per_second") == 0.0);
}

TEST_CASE("describe: the JSON of a run's progress is one line with every number") {
  Progress progress{10, std::nullopt, 1000, 0.5, {{"store commit", Step::commit, 0.25, 10, 2}}};
  const std::string text = to_json(progress);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(json::parse(text) == json::parse(R"({"seconds": 0.5, "images": 10, "images_per_second": 20.0, "total": null,
      "bytes_written": 1000, "stages": [{"id": "store commit", "busy": 0.25, "images": 10, "batches_waiting": 2}]})"));
  progress.n_images = 30;
  CHECK(json::parse(to_json(progress)).at("total") == 30);
  CHECK(json::parse(to_json(Progress{})).at("images_per_second") == 0.0);
}

TEST_CASE("describe: every built-in stage and option explains itself") {
  const Registry registry = builtin_stages();
  for (const StageInfo& info : registry.all()) {
    CAPTURE(info.type);
    CHECK(info.summary.ends_with("."));
    const std::unique_ptr<Stage> stage = make_stage(info);
    Options options;
    stage->declare(options);
    std::vector<std::string> names;
    for (const Option& option : options.all()) {
      CAPTURE(option.name);
      CHECK(option.doc.ends_with("."));
      CHECK(std::count(names.begin(), names.end(), option.name) == 0);
      names.push_back(option.name);
      // The example and the default must be values that the option accepts, so that what is shown can be given.
      const json value = current_value(option);
      Options alone;
      alone.add(option);
      CHECK(apply_options(alone, {{option.name, example_value(option)}}).empty());
      CHECK(example_value(option) != "...");
      if (option.required) continue;
      CHECK(apply_options(alone, {{option.name, value}}).empty());
      CHECK(describe_stage(info).find("  " + option.name + " ") != std::string::npos);
    }
  }
}
