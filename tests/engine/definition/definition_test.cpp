#include "engine/definition/definition.hpp"

#include <doctest/doctest.h>

#include "support/fake_stages.hpp"
#include "support/recorded_definitions.hpp"

using namespace plotmill;

namespace {

const Registry registry = fake::fake_stages();

Definition parse(std::string_view json, const std::vector<Override>& overrides = {}) {
  Definition definition = parse_definition(json, "job.json", overrides, registry);
  if (overrides.empty()) record_definition(json, "", registry);
  return definition;
}

// All messages, one a line, or "" where the definition is accepted.
std::string faults_of(std::string_view json, const std::vector<Override>& overrides = {}) {
  try {
    (void)parse(json, overrides);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::definition);
    if (overrides.empty()) record_definition(json, error.what(), registry);
    return error.what();
  }
  return {};
}

// A definition of the given stages.
std::string stages(const std::string& list, const std::string& more = "") {
  return R"({"plotmill": 1, "stages": [)" + list + "]" + more + "}";
}

const std::string reader = R"({"id": "prices", "type": "fake_read", "params": {"path": "a.csv"}})";
const std::string drawer = R"({"id": "charts", "type": "fake_draw"})";
const std::string writer = R"({"id": "store", "type": "fake_write"})";
const std::string good = stages(reader + "," + drawer + "," + writer);

}  // namespace

TEST_CASE("definition: a stage is fed by the one before and the settings have defaults") {
  const Definition definition = parse(good);
  REQUIRE(definition.stages.size() == 3);
  CHECK(definition.stages[0].id == "prices");
  CHECK(definition.stages[0].from == no_stage);
  CHECK(definition.stages[0].params.at("path") == "a.csv");
  CHECK(definition.stages[1].info == registry.find("fake_draw"));
  CHECK(definition.stages[1].from == 0);
  CHECK(definition.stages[2].from == 1);
  CHECK(definition.run.device == "auto");
  CHECK(definition.run.threads == 0);
  CHECK(definition.run.memory_bytes == 1073741824);
  CHECK(definition.run.stall_timeout_seconds == 120);
}

TEST_CASE("definition: an editor's $schema is accepted and is no part of what runs") {
  const std::string three = reader + "," + drawer + "," + writer;
  CHECK(parse(stages(three, R"(, "$schema": "./plotmill.schema.json")")).json == parse(good).json);
  CHECK(faults_of(stages(three, R"(, "$schema": 1)")) == "$schema: 1 is a number; text is accepted");
}

TEST_CASE("definition: the settings of the run are read") {
  const Definition definition = parse(
      stages(reader + "," + drawer + "," + writer,
             R"(, "run": {"device": "cuda:1", "threads": 3, "batch": 64, "memory": "1.5GiB", "stall_timeout": 0.5})"));
  CHECK(definition.run.device == "cuda:1");
  CHECK(definition.run.threads == 3);
  CHECK(definition.run.batch == 64);
  CHECK(definition.run.memory_bytes == 1610612736);
  CHECK(definition.run.stall_timeout_seconds == 0.5);
  CHECK(parse(good, {{"run.memory", "5000"}}).run.memory_bytes == 5000);
  CHECK(parse(good, {{"run.memory", "0"}}).run.memory_bytes == 1073741824);
}

TEST_CASE("definition: faults of the run's settings name the setting") {
  const std::string three = reader + "," + drawer + "," + writer;
  CHECK(faults_of(stages(three, R"(, "run": {"threads": 5000, "memory": "lots", "device": "gpu", "bach": 1})")) ==
        "run: unknown key \"bach\"; did you mean batch?\n"
        "run/threads: 5000 is outside 0..1024\n"
        "run/memory: \"lots\" is not a size; 1GiB, 512MiB or a number of bytes is\n"
        "run/device: \"gpu\" is not a device; auto, cpu, cuda, cuda:N and cuda:all are");
  CHECK(faults_of(stages(three, R"(, "run": {"stall_timeout": 0})")) ==
        "run/stall_timeout: 0 is outside 0.001..1000000000");
  CHECK(faults_of(stages(three, R"(, "run": [1])")) == "run: [1] is a list; an object is accepted");
}

TEST_CASE("definition: text that is not JSON is told with line and column") {
  CHECK(faults_of("{\"plotmill\": 1,\n \"run\": }") ==
        "job.json:2:9: this is not JSON: unexpected '}'; expected '[', '{', or a literal");
  CHECK(faults_of("") == "job.json:1:1: this is not JSON: unexpected end of input; expected '[', '{', or a literal");
  CHECK(faults_of("{\"a\": nul}") == "job.json:1:10: this is not JSON: invalid literal");
  CHECK(faults_of("{\"\u00e4\": 1e999}") == "job.json:1:11: this is not JSON: the number \"1e999\" is too large");
  CHECK(faults_of("{\"a\": \"b\nc\"}").starts_with("job.json:"));
  CHECK(faults_of("{\"a\": \"\xff\"}") == "job.json:1:8: this is not JSON: invalid string: ill-formed UTF-8 byte");
  CHECK(faults_of("[1]") == "job.json: [1] is a list; an object is accepted");
}

TEST_CASE("definition: deep nesting is refused") {
  const std::string deep(100000, '[');
  CHECK(
      faults_of("{\"run\": " + deep + "}").starts_with("job.json: lists and objects are nested deeper than 32 levels"));
}

TEST_CASE("definition: a key given twice is a fault") {
  CHECK(faults_of(stages(reader + "," + R"({"type": "fake_draw", "params": {"width": 1, "width": 2}},)" + writer)) ==
        "job.json: the key \"width\" is given twice in stages/1/params");
}

TEST_CASE("definition: the version of the format must be 1") {
  CHECK(faults_of(R"({"stages": []})") ==
        "job.json: \"plotmill\" is missing; 1, the version of the format, is accepted\n"
        "stages: the list is empty; a stage that reads, one that draws and one that writes are accepted");
  CHECK(faults_of(R"({"plotmill": 2})") ==
        "job.json: \"plotmill\" is 2; 1, the version of the format, is accepted\n"
        "job.json: \"stages\" is missing; a list of stages is accepted");
  CHECK(faults_of(R"({"plotmill": 1, "stages": {}})") == "stages: {} is an object; a list of stages is accepted");
}

TEST_CASE("definition: an unknown key names the nearest known one") {
  CHECK(faults_of(stages(reader + R"(,{"id": "charts", "type": "fake_draw", "form": "prices"},)" + writer,
                         R"(, "runs": {})")) ==
        "job.json: unknown key \"runs\"; did you mean run?\n"
        "charts (fake_draw): unknown key \"form\"; did you mean from?");
  CHECK(faults_of(stages(reader + R"(,{"type": "fake_draw", "width": 9},)" + writer)) ==
        "fake_draw: \"width\" is an option; it belongs in \"params\"");
}

TEST_CASE("definition: faults of a stage's options name the stage and the option") {
  CHECK(
      faults_of(stages(R"({"id": "prices", "type": "fake_read"},
                            {"id": "charts", "type": "fake_draw", "params": {"width": 0, "hight": 3}},)" +
                       writer)) ==
      "prices (fake_read) params/path: a value is required\n"
      "charts (fake_draw) params: unknown key \"hight\"; known are width, margin, antialias, dpi, normalize and flat\n"
      "charts (fake_draw) params/width: 0 is outside 1..65535");
  CHECK(faults_of(stages(reader + R"(,{"id": "charts", "type": "fake_draw", "params": 7},)" + writer)) ==
        "charts (fake_draw) params: 7 is a number; an object is accepted");
}

TEST_CASE("definition: a stage's own check is asked") {
  CHECK(faults_of(good, {{"charts.width", "10"}, {"charts.margin", "5"}}) ==
        "charts (fake_draw) params/margin: leaves no room for the chart");
}

TEST_CASE("definition: an unknown stage type names the nearest known one") {
  CHECK(faults_of(stages(reader + R"(,{"id": "charts", "type": "fake_drow"},)" + writer)) ==
        "charts (fake_drow): there is no stage type \"fake_drow\"; did you mean fake_draw?");
  CHECK(faults_of(stages(reader + R"(,{"id": "charts"}, {"type": 3}, 4)")) ==
        "charts: \"type\" is missing; fake_read, fake_draw and fake_write are known\n"
        "stages/2 type: 3 is a number; text is accepted\n"
        "stages/3: 4 is a number; an object is accepted");
}

TEST_CASE("definition: the id of a stage is its type unless given") {
  const Definition definition =
      parse(stages(R"({"type": "fake_read", "params": {"path": "a"}}, {"type": "fake_draw"}, {"type": "fake_write"})"));
  CHECK(definition.stages[1].id == "fake_draw");
  CHECK(
      faults_of(stages(reader + R"(,{"type": "fake_draw"}, {"type": "fake_draw", "from": "prices"})" + "," + writer)) ==
      "stages/2: stages/1 is fake_draw, too; give one of them an \"id\"\n"
      "stages: nothing takes what fake_draw gives; add a write stage");
}

TEST_CASE("definition: ids are unique, plain and not run") {
  CHECK(faults_of(stages(reader + R"(,{"id": "prices", "type": "fake_draw"},)" + writer)) ==
        "stages/1: id \"prices\" is taken by stages/0");
  CHECK(faults_of(stages(reader + R"(,{"id": "a.b", "type": "fake_draw"},)" + writer)) ==
        "stages/1/id: \"a.b\" is not an id; letters, digits, _ and - are accepted");
  CHECK(faults_of(stages(reader + R"(,{"id": "run", "type": "fake_draw"},)" + writer)) ==
        "stages/1/id: \"run\" is reserved for the settings of the run; choose another one");
  CHECK(faults_of(stages(reader + R"(,{"id": 5, "type": "fake_draw"},)" + writer)) ==
        "stages/1/id: 5 is a number; text is accepted");
}

TEST_CASE("definition: what feeds a stage must be there, give what it takes, and not go round") {
  CHECK(faults_of(stages(reader + "," + drawer + R"(,{"type": "fake_write", "from": "chart"})")) ==
        "fake_write: from: there is no stage \"chart\"; did you mean charts?");
  CHECK(faults_of(stages(reader + "," + drawer + R"(,{"type": "fake_write", "from": "prices"})")) ==
        "fake_write: takes ink, but prices (fake_read) gives series\n"
        "stages: nothing takes what charts (fake_draw) gives; add a write stage");
  CHECK(faults_of(stages(reader + R"(,{"id": "charts", "type": "fake_draw", "from": "charts"},)" + writer)) ==
        "charts (fake_draw): the stage is fed by itself; name another one in \"from\"");
}

TEST_CASE("definition: several faults are told at once") {
  CHECK(faults_of(R"({"plotmill": 3, "run": {"threads": -1}, "stages": [{"type": "fake_reed"}]})",
                  {{"run.thread", "2"}}) ==
        "--set run.thread: run has no \"thread\"; did you mean threads?\n"
        "job.json: \"plotmill\" is 3; 1, the version of the format, is accepted\n"
        "run/threads: -1 is outside 0..1024\n"
        "fake_reed: there is no stage type \"fake_reed\"; did you mean fake_read?");
}

TEST_CASE("definition: the whole definition is kept as JSON, overrides and defaults filled in") {
  const Definition definition =
      parse(R"({"stages": [{"type": "fake_read", "params": {"path": "a"}}, {"type": "fake_draw"},
                {"type": "fake_write"}], "plotmill": 1})",
            {{"fake_draw.width", "64"}});
  CHECK(definition.json ==
        R"({"plotmill":1,"run":{},"stages":[{"id":"fake_read","params":{"limit":0,"path":"a"},"type":"fake_read"},)"
        R"({"from":"fake_read","id":"fake_draw","params":{"antialias":true,"flat":"middle","margin":0.0,)"
        R"("normalize":"minmax","width":64},"type":"fake_draw"},)"
        R"({"from":"fake_draw","id":"fake_write","params":{"path":"out.h5"},"type":"fake_write"}]})");
  CHECK(parse(definition.json).json == definition.json);
}
