// What the schema says of one option and of an embedder's stages; whether it accepts and refuses what the parser does
// is asked by tests/tools/schema_test.py.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "engine/definition/option_schema.hpp"
#include "engine/text/sizes.hpp"
#include "plotmill/describe.hpp"
#include "support/fake_stages.hpp"

using namespace plotmill;
using nlohmann::json;

namespace {

json schema_of(const Option& option) { return json(option_schema(option)); }

}  // namespace

TEST_CASE("schema: an option's range, default, unit, sentence and example come from its declaration") {
  std::int64_t width = 800;
  CHECK(schema_of(
            {.name = "width", .target = &width, .min = 1, .max = 65535, .unit = "px", .doc = "Width of an image."}) ==
        json::parse(R"({"type": "integer", "minimum": 1, "maximum": 65535, "default": 800, "examples": [800],
                      "description": "Width of an image. Unit: px."})"));
}

TEST_CASE("schema: an integer without bounds has those of 64 bits") {
  std::int64_t number = 0;
  const json schema = schema_of({.name = "number", .target = &number});
  CHECK(schema.at("minimum") == std::numeric_limits<std::int64_t>::min());
  CHECK(schema.at("maximum") == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("schema: words are all that is accepted, and a pattern is passed on") {
  std::string flat = "middle";
  CHECK(schema_of({.name = "flat", .target = &flat, .words = {"middle", "bottom"}}) ==
        json::parse(R"({"enum": ["middle", "bottom"], "default": "middle", "examples": ["bottom"]})"));
  CHECK(schema_of({.name = "path", .target = &flat, .pattern = "."}).at("pattern") == ".");
}

TEST_CASE("schema: an option that is a boolean or a word is one of all these, and its example is a word") {
  BoolOrWord keep{true};
  CHECK(schema_of({.name = "keep", .target = &keep, .words = {"small", "large"}}) ==
        json::parse(R"({"enum": [true, false, "small", "large"], "default": true, "examples": ["small"]})"));
  keep = {true, "large"};
  CHECK(schema_of({.name = "keep", .target = &keep, .words = {"small", "large"}}).at("default") == "large");
}

TEST_CASE("schema: a required option has no default, and null is not accepted") {
  std::optional<NameOrIndex> column;
  CHECK(schema_of({.name = "column", .target = &column}).at("type") == json({"string", "integer", "null"}));
  const json required = schema_of({.name = "column", .target = &column, .required = true, .example = "close"});
  CHECK(required.at("type") == json({"string", "integer"}));
  CHECK(required.at("examples") == json({"close"}));
  CHECK(!required.contains("default"));
}

TEST_CASE("schema: stages of one's own are in it, each with its options") {
  const json stage = json::parse(schema_json(fake::fake_stages())).at("$defs").at("stage");
  CHECK(stage.at("properties").at("type").at("oneOf").size() == 3);
  const json& reader = stage.at("allOf").at(0);
  CHECK(reader.at("if").at("properties").at("type").at("const") == "fake_read");
  CHECK(reader.at("then").at("properties").at("params").at("required") == json({"path"}));
  CHECK(reader.at("then").at("required") == json({"params"}));
}

TEST_CASE("schema: the pattern of sizes agrees with the parser of sizes") {
  const std::regex pattern(size_pattern());
  for (const char* text : {"0", "1GiB", "1.5 gib", "512MIB", "7b", "1.123456TB", "12 ", "", "x", "1.", ".5", "1XB",
                           "1.1234567KB", "-1", "1  GB", "1e3", " 1"}) {
    CAPTURE(text);
    CHECK(std::regex_match(text, pattern) == parse_size(text).has_value());
  }
}
