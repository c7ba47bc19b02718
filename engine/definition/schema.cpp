// The JSON Schema of a definition.
#include <nlohmann/json.hpp>

#include "engine/definition/definition.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/definition/option_schema.hpp"
#include "plotmill/describe.hpp"

namespace plotmill {
namespace {

// The keys stay in the order in which they are written here.
using json = nlohmann::ordered_json;

json types_of(const Registry& registry, StageKind kind) {
  json types = json::array();
  for (const StageInfo& info : registry.all()) {
    if (kind_of(info) == kind) types.push_back(info.type);
  }
  return types;
}

json is_of_kind(const Registry& registry, StageKind kind) {
  return {{"properties", {{"type", {{"enum", types_of(registry, kind)}}}}}, {"required", json::array({"type"})}};
}

json type_is(const std::string& type) {
  return {{"properties", {{"type", {{"const", type}}}}}, {"required", json::array({"type"})}};
}

json params_schema(const StageInfo& info) {
  const std::unique_ptr<Stage> stage = make_stage(info);
  Options options;
  stage->declare(options);
  json schema = options_schema(options);
  schema["description"] = "The options of " + info.type + ".";
  return schema;
}

// What a stage of one type has that others have not.
json stage_of_type(const StageInfo& info) {
  json schema = {{"properties", {{"params", params_schema(info)}}}};
  if (schema["properties"]["params"].contains("required")) schema["required"] = json::array({"params"});
  if (kind_of(info) == StageKind::reader) schema["properties"]["from"] = false;
  return {{"if", type_is(info.type)}, {"then", std::move(schema)}};
}

json stage_schema(const Registry& registry) {
  json types = json::array();
  json branches = json::array();
  for (const StageInfo& info : registry.all()) {
    types.push_back({{"const", info.type}, {"description", info.summary}});
    branches.push_back(stage_of_type(info));
  }
  json properties = {
      {"id",
       {{"description", "The name that \"from\" and --set use; the type where it is left out."},
        {"type", "string"},
        {"pattern", id_pattern},
        {"not", {{"const", reserved_id}}}}},
      {"type", {{"description", "What the stage does."}, {"oneOf", std::move(types)}}},
      {"from",
       {{"description", "The id of the stage that feeds this one; the stage before where it is left out."},
        {"type", "string"},
        {"pattern", id_pattern}}},
      {"params", {{"description", "The options of the stage."}, {"type", "object"}}}};
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", json::array({"type"})},
          {"additionalProperties", false},
          {"allOf", std::move(branches)}};
}

// One stage reads, and at least one draws and writes; what comes first reads, or says what feeds it.
json stages_schema(const Registry& registry) {
  json reads = {{"contains", is_of_kind(registry, StageKind::reader)}, {"minContains", 1}, {"maxContains", 1}};
  const json first = {{"if", {{"not", is_of_kind(registry, StageKind::reader)}}},
                      {"then", {{"required", json::array({"from"})}}}};
  return {{"description", "A stage takes what the stage before gives, or the one that \"from\" names."},
          {"type", "array"},
          {"items", {{"$ref", "#/$defs/stage"}}},
          {"allOf", json::array({std::move(reads),
                                 {{"contains", is_of_kind(registry, StageKind::drawer)}},
                                 {{"contains", is_of_kind(registry, StageKind::writer)}},
                                 {{"prefixItems", json::array({first})}}})}};
}

}  // namespace

std::string schema_json(const Registry& registry) {
  RunValues values;
  json run = options_schema(values.options());
  run["description"] = "Settings of the run.";
  json properties = {
      {"$schema", {{"description", "Where an editor finds this schema; plotmill ignores it."}, {"type", "string"}}},
      {"plotmill", {{"description", "The version of the format."}, {"const", format_version}}},
      {"run", std::move(run)},
      {"stages", stages_schema(registry)}};
  const json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "Definition of a plotmill pipeline"},
                       {"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", json::array({"plotmill", "stages"})},
                       {"additionalProperties", false},
                       {"$defs", {{"stage", stage_schema(registry)}}}};
  return schema.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace plotmill
