#include "engine/definition/apply_options.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace plotmill;
using nlohmann::json;

namespace {

// Variables with one option of every type.
struct Values {
  bool flag = false;
  std::int64_t count = 5;
  std::int64_t any = 0;
  std::int64_t index = 0;
  double ratio = 0.5;
  std::string text = "t";
  std::string word = "middle";
  std::optional<double> dpi;
  std::optional<NameOrIndex> column;
  WordOrRange normalize{"minmax", 0, 0};
  BoolOrWord keep{true};

  Options options() {
    Options all;
    all.add({.name = "flag", .target = &flag});
    all.add({.name = "count", .target = &count, .min = 1, .max = 65535});
    all.add({.name = "any", .target = &any});
    all.add({.name = "index", .target = &index, .min = 0});
    all.add({.name = "ratio", .target = &ratio, .min = 0.01, .max = 1024});
    all.add({.name = "text", .target = &text});
    all.add({.name = "word", .target = &word, .words = {"middle", "bottom", "error"}});
    all.add({.name = "dpi", .target = &dpi, .min = 1});
    all.add({.name = "column", .target = &column});
    all.add({.name = "normalize", .target = &normalize, .words = {"minmax", "none"}});
    all.add({.name = "keep", .target = &keep, .words = {"small", "large"}});
    return all;
  }

  // The messages, one a line.
  std::string apply(const json& params) {
    std::string text_of_all;
    for (const Fault& fault : apply_options(options(), params)) {
      text_of_all += (text_of_all.empty() ? "" : "\n") + fault.message();
    }
    return text_of_all;
  }
};

std::string fault_of(const char* name, const json& value) { return Values{}.apply({{name, value}}); }

}  // namespace

TEST_CASE("apply_options: every type of option is set") {
  Values values;
  CHECK(values
            .apply(json::parse(R"({"flag": true, "count": 7, "any": -3, "ratio": 2, "text": "x", "word": "bottom",
                                     "dpi": 72.5, "column": "close", "normalize": {"range": [-1, 2.5]}, "keep": "large"})"))
            .empty());
  CHECK(values.flag);
  CHECK(values.count == 7);
  CHECK(values.any == -3);
  CHECK(values.ratio == 2.0);
  CHECK(values.text == "x");
  CHECK(values.word == "bottom");
  CHECK(values.dpi == 72.5);
  CHECK(std::get<std::string>(*values.column) == "close");
  CHECK(values.normalize.word.empty());
  CHECK(values.normalize.lo == -1);
  CHECK(values.normalize.hi == 2.5);
  CHECK(values.keep.is_on);
  CHECK(values.keep.word == "large");
}

TEST_CASE("apply_options: what is not given keeps its value") {
  Values values;
  CHECK(values.apply(json::object()).empty());
  CHECK(values.count == 5);
  CHECK(!values.dpi);
}

TEST_CASE("apply_options: true and false are other values than a word, and leave none behind") {
  Values values;
  values.keep = {true, "small"};
  CHECK(values.apply({{"keep", false}}).empty());
  CHECK_FALSE(values.keep.is_on);
  CHECK(values.keep.word.empty());
  CHECK(values.apply({{"keep", true}}).empty());
  CHECK(values.keep.is_on);
  CHECK(values.keep.word.empty());
}

TEST_CASE("apply_options: a wrong type shows the value and what is accepted") {
  CHECK(fault_of("flag", "yes") == "params/flag: \"yes\" is text; true or false is accepted");
  CHECK(fault_of("count", "7") == "params/count: \"7\" is text; an integer is accepted");
  CHECK(fault_of("ratio", "nan") == "params/ratio: \"nan\" is text; a number is accepted");
  CHECK(fault_of("text", 800) == "params/text: 800 is a number; text is accepted");
  CHECK(fault_of("text", json::array()) == "params/text: [] is a list; text is accepted");
  CHECK(fault_of("word", true) == "params/word: true is a truth value; middle, bottom or error is accepted");
  CHECK(fault_of("dpi", "a") == "params/dpi: \"a\" is text; a number or null is accepted");
  CHECK(fault_of("column", true) ==
        "params/column: true is a truth value; a name, an integer from 0 or null is accepted");
  CHECK(fault_of("normalize", 3) ==
        "params/normalize: 3 is a number; minmax, none or {\"range\": [lo, hi]} is accepted");
  CHECK(fault_of("keep", 1) == "params/keep: 1 is a number; true, false, small or large is accepted");
}

TEST_CASE("apply_options: long values are shortened between characters") {
  CHECK(fault_of("count", std::string(100, 'x')) ==
        "params/count: \"" + std::string(36, 'x') + "... is text; an integer is accepted");
  CHECK(fault_of("count", std::string(35, 'x') + "\u20ac\u20ac\u20ac") ==
        "params/count: \"" + std::string(35, 'x') + "... is text; an integer is accepted");
}

TEST_CASE("apply_options: null is accepted only where an option may be absent") {
  Values values;
  values.dpi = 3;
  values.column = std::int64_t{1};
  CHECK(values.apply({{"dpi", nullptr}, {"column", nullptr}}).empty());
  CHECK(!values.dpi);
  CHECK(!values.column);
  CHECK(fault_of("count", nullptr) == "params/count: null is null; an integer is accepted");
}

TEST_CASE("apply_options: a number outside its range is refused") {
  CHECK(fault_of("count", 0) == "params/count: 0 is outside 1..65535");
  CHECK(fault_of("count", 65536.0) == "params/count: 65536 is outside 1..65535");
  CHECK(fault_of("ratio", 0) == "params/ratio: 0 is outside 0.01..1024");
  CHECK(fault_of("index", -1) == "params/index: -1 is out of range; at least 0 is accepted");
  CHECK(fault_of("dpi", 0.5) == "params/dpi: 0.5 is out of range; at least 1 is accepted");
  CHECK(fault_of("column", -1) == "params/column: -1 is less than 0; a name, an integer from 0 or null is accepted");
}

TEST_CASE("apply_options: integers are whole and never wrap") {
  Values values;
  CHECK(values.apply(json::parse(R"({"count": 1e3})")).empty());
  CHECK(values.count == 1000);
  CHECK(fault_of("count", 1.5) == "params/count: 1.5 is a number; an integer is accepted");
  CHECK(fault_of("any", std::uint64_t{1} << 63U) == "params/any: 9223372036854775808 does not fit 64 bits");
  CHECK(fault_of("any", 1e300) == "params/any: 1e+300 does not fit 64 bits");
  CHECK(fault_of("count", json::parse("18446744073709551617")) ==
        "params/count: 1.8446744073709552e+19 is outside 1..65535");
  CHECK(values.apply({{"any", std::numeric_limits<std::int64_t>::min()}}).empty());
  CHECK(values.any == std::numeric_limits<std::int64_t>::min());
  CHECK(values.apply({{"any", std::numeric_limits<std::int64_t>::max()}}).empty());
  CHECK(values.any == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("apply_options: a word that is not in the list names the nearest") {
  CHECK(fault_of("word", "botom") ==
        "params/word: \"botom\" is unknown; middle, bottom or error is accepted; did you mean bottom?");
  CHECK(fault_of("normalize", "rank") ==
        "params/normalize: \"rank\" is unknown; minmax, none or {\"range\": [lo, hi]} is accepted");
  CHECK(fault_of("normalize", "") ==
        "params/normalize: \"\" is unknown; minmax, none or {\"range\": [lo, hi]} is accepted");
  CHECK(fault_of("keep", "smal") ==
        "params/keep: \"smal\" is unknown; true, false, small or large is accepted; did you mean small?");
  CHECK(fault_of("keep", "true") == "params/keep: \"true\" is unknown; true, false, small or large is accepted");
}

TEST_CASE("apply_options: a range is two finite numbers in order") {
  const std::string text = " is not a range; two numbers, the first less than the second, are accepted";
  CHECK(fault_of("normalize", json::parse(R"({"range": [1, 1]})")) == "params/normalize: {\"range\":[1,1]}" + text);
  CHECK(fault_of("normalize", json::parse(R"({"range": [-1e308, 1e308]})")) ==
        "params/normalize: {\"range\":[-1e+308,1e+308]}" + text);
  const std::string form = " is an object; minmax, none or {\"range\": [lo, hi]} is accepted";
  CHECK(fault_of("normalize", json::parse(R"({"range": [1]})")) == "params/normalize: {\"range\":[1]}" + form);
  CHECK(fault_of("normalize", json::parse(R"({"range": [0, 1], "a": 1})")) ==
        "params/normalize: {\"a\":1,\"range\":[0,1]}" + form);
}

TEST_CASE("apply_options: a size is a number of bytes or text with a unit") {
  ByteSize size;
  Options options;
  options.add({.name = "size", .target = &size, .max = 1e19});
  const auto fault = [&](const json& value) {
    const std::vector<Fault> faults = apply_options(options, {{"size", value}});
    return faults.empty() ? std::string() : faults.front().message();
  };
  CHECK(fault("1.5KiB").empty());
  CHECK(size.bytes == 1536);
  CHECK(fault(5000).empty());
  CHECK(size.bytes == 5000);
  CHECK(fault(1e18).empty());
  CHECK(size.bytes == 1000000000000000000);
  const std::string text = " is not a size; 1GiB, 512MiB or a number of bytes is";
  CHECK(fault("lots") == "params/size: \"lots\"" + text);
  CHECK(fault(-1) == "params/size: -1" + text);
  CHECK(fault(1e300) == "params/size: 1e+300" + text);
  CHECK(fault(true) == "params/size: true is a truth value; a size such as 1GiB or a number of bytes is accepted");
  CHECK(fault(std::numeric_limits<std::uint64_t>::max()) ==
        "params/size: 18446744073709551615 is out of range; at most 1e+19 is accepted");
}

TEST_CASE("apply_options: null does not give a required option its value") {
  std::optional<NameOrIndex> column;
  Options options;
  options.add({.name = "column", .target = &column, .required = true});
  const std::vector<Fault> faults = apply_options(options, {{"column", nullptr}});
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].message() == "params/column: a value is required");
}

TEST_CASE("apply_options: text with a null character is refused") {
  CHECK(fault_of("text", std::string("a\0b", 3)) == "params/text: \"a\\u0000b\" holds a null character");
}

TEST_CASE("apply_options: unknown keys and missing options are faults") {
  std::string path;
  Options options;
  options.add({.name = "path", .target = &path, .required = true});
  const std::vector<Fault> faults = apply_options(options, {{"pth", "a"}});
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].message() == "params: unknown key \"pth\"; did you mean path?");
  CHECK(faults[1].message() == "params/path: a value is required");
}
