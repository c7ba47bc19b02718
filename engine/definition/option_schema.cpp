// What an option accepts, as JSON Schema.
#include "engine/definition/option_schema.hpp"

#include <algorithm>
#include <limits>

#include "engine/definition/option_text.hpp"
#include "engine/text/sizes.hpp"

namespace plotmill {
namespace {

// The keys stay in the order in which they are written here.
using json = nlohmann::ordered_json;

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 2 * two_to_63;
using Limits = std::numeric_limits<std::int64_t>;

// Each call returns the part of the schema that follows from the type of the option.
struct ValueSchema {
  const Option& option;

  json operator()(const bool*) const { return {{"type", "boolean"}}; }
  json operator()(const std::int64_t*) const {
    return {{"type", "integer"},
            {"minimum", option.min > -two_to_63 ? json(min_json(option)) : json(Limits::min())},
            {"maximum", option.max < two_to_63 ? json(max_json(option)) : json(Limits::max())}};
  }
  json operator()(const double*) const { return with_bounds({{"type", "number"}}); }
  json operator()(const std::string*) const {
    if (!option.words.empty()) return {{"enum", option.words}};
    json schema = text();
    if (!option.pattern.empty()) schema["pattern"] = option.pattern;
    return schema;
  }
  json operator()(const std::optional<double>*) const { return with_bounds({{"type", or_null({"number"})}}); }
  json operator()(const std::optional<NameOrIndex>*) const {
    json name = text();
    name["type"] = or_null({"string", "integer"});
    name["minimum"] = option.min > 0 ? json(min_json(option)) : json(0);
    name["maximum"] = option.max < two_to_63 ? json(max_json(option)) : json(Limits::max());
    return name;
  }
  json operator()(const WordOrRange*) const {
    const json range = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
    return {{"oneOf", json::array({{{"enum", option.words}},
                                   {{"type", "object"},
                                    {"properties", {{"range", range}}},
                                    {"required", json::array({"range"})},
                                    {"additionalProperties", false}}})}};
  }
  json operator()(const BoolOrWord*) const {
    json values = json::array({true, false});
    for (const std::string& word : option.words) values.push_back(word);
    return {{"enum", std::move(values)}};
  }
  json operator()(const ByteSize*) const {
    json schema = {{"type", json::array({"string", "number"})}, {"pattern", size_pattern()}};
    schema["minimum"] = std::max(0.0, option.min);
    if (option.max < two_to_64) {
      schema["maximum"] = max_json(option);
    } else {
      schema["exclusiveMaximum"] = two_to_64;
    }
    return schema;
  }

 private:
  // The system would cut a path with a null character short.
  static json text() { return {{"type", "string"}, {"not", {{"type", "string"}, {"pattern", "\\u0000"}}}}; }

  json with_bounds(json schema) const {
    if (has_min(option)) schema["minimum"] = min_json(option);
    if (has_max(option)) schema["maximum"] = max_json(option);
    return schema;
  }

  json or_null(std::vector<std::string> types) const {
    if (!option.required) types.emplace_back("null");
    return types;
  }
};

}  // namespace

nlohmann::ordered_json option_schema(const Option& option) {
  json schema = std::visit(ValueSchema{option}, option.target);
  std::string description = option.doc;
  if (!option.unit.empty()) description += (description.empty() ? "Unit: " : " Unit: ") + option.unit + ".";
  if (!description.empty()) schema["description"] = std::move(description);
  if (const nlohmann::json value = current_value(option); !option.required && !value.is_null()) {
    schema["default"] = value;
  }
  schema["examples"] = json::array({example_value(option)});
  return schema;
}

nlohmann::ordered_json options_schema(const Options& options) {
  json properties = json::object();
  json required = json::array();
  for (const Option& option : options.all()) {
    properties[option.name] = option_schema(option);
    if (option.required) required.push_back(option.name);
  }
  json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace plotmill
