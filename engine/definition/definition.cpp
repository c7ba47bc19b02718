// A pipeline definition: what the JSON says, checked.
#include "engine/definition/definition.hpp"

#include <algorithm>

#include "engine/definition/apply_options.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/definition/option_text.hpp"
#include "engine/definition/overrides.hpp"
#include "engine/definition/strict_json.hpp"
#include "engine/definition/wiring.hpp"
#include "engine/text/json_text.hpp"
#include "engine/text/nearest_name.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

const std::vector<std::string> top_keys{"$schema", "plotmill", "run", "stages"};
const std::vector<std::string> stage_keys{"id", "type", "from", "params"};

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_id(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

class Parser {
 public:
  Parser(std::string_view place, const Registry& registry, std::vector<Fault>& faults)
      : place_(place), registry_(registry), faults_(faults) {}

  Definition parse(const json& root) {
    Definition definition;
    for (const auto& item : root.items()) {
      if (!is_one_of(item.key(), top_keys)) unknown_key(place_, item.key(), top_keys);
    }
    // For editors alone: it is not part of what runs.
    if (const auto schema = root.find("$schema"); schema != root.end() && !schema->is_string()) {
      wrong_kind("$schema", *schema, "text");
    }
    check_version(root);
    if (const auto run = root.find("run"); run != root.end()) {
      if (run->is_object()) {
        definition.run = parse_run_settings(*run, faults_);
      } else {
        wrong_kind("run", *run, "an object");
      }
    }
    const auto stages = root.find("stages");
    if (stages == root.end()) {
      fault(place_, "\"stages\" is missing; a list of stages is accepted");
    } else if (!stages->is_array()) {
      wrong_kind("stages", *stages, "a list of stages");
    } else if (stages->empty()) {
      fault("stages", "the list is empty; a stage that reads, one that draws and one that writes are accepted");
    } else {
      definition.stages = parse_stages(*stages);
    }
    return definition;
  }

 private:
  void fault(std::string place, std::string text) { faults_.push_back({std::move(place), std::move(text)}); }

  void unknown_key(const std::string& place, const std::string& key, const std::vector<std::string>& known) {
    fault(place, "unknown key " + shown_text(key) + suggest_name(key, known));
  }

  void wrong_kind(std::string place, const json& value, std::string_view accepted) {
    fault(std::move(place),
          shown(value) + " is " + std::string(kind_text(value)) + "; " + std::string(accepted) + " is accepted");
  }

  void check_version(const json& root) {
    const auto version = root.find("plotmill");
    if (version == root.end()) {
      fault(place_, "\"plotmill\" is missing; 1, the version of the format, is accepted");
    } else if (*version != format_version) {
      fault(place_, "\"plotmill\" is " + shown(*version) + "; 1, the version of the format, is accepted");
    }
  }

  std::vector<StageNode> parse_stages(const json& stages) {
    std::vector<StageDraft> drafts;
    for (const json& stage : stages) {
      StageDraft draft;
      draft.place = "stages/" + std::to_string(drafts.size());
      draft.node.params = json::object();
      if (stage.is_object()) {
        parse_type(stage, draft);
        parse_id(stage, drafts, draft);
        parse_from(stage, draft);
        parse_params(stage, draft);
      } else {
        wrong_kind(draft.place, stage, "an object");
      }
      drafts.push_back(std::move(draft));
    }
    return wire_stages(std::move(drafts), faults_);
  }

  void parse_type(const json& stage, StageDraft& draft) {
    const auto type = stage.find("type");
    if (type == stage.end() || !type->is_string()) return;
    draft.node.type = type->get<std::string>();
    draft.node.info = registry_.find(draft.node.type);
  }

  // The id goes first into all other messages about the stage; so does the type, of which faults are told here.
  void parse_id(const json& stage, const std::vector<StageDraft>& before, StageDraft& draft) {
    const std::string position = draft.place;
    const auto given = stage.find("id");
    const std::string id = effective_id(stage);
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const StageDraft& other) { return !id.empty() && other.node.id == id; });
    if (given != stage.end() && !given->is_string()) {
      wrong_kind(position + "/id", *given, "text");
    } else if (given != stage.end() && !is_id(id)) {
      fault(position + "/id", shown_text(id) + " is not an id; letters, digits, _ and - are accepted");
    } else if (id == reserved_id) {
      fault(position + "/id", "\"run\" is reserved for the settings of the run; choose another one");
    } else if (same != before.end()) {
      const std::string other = "stages/" + std::to_string(same - before.begin());
      fault(position, given != stage.end() ? "id " + shown_text(id) + " is taken by " + other
                                           : other + " is " + id + ", too; give one of them an \"id\"");
    } else if (is_id(id)) {
      draft.node.id = id;
      draft.place = stage_place(id, draft.node.type);
    }

    if (const auto type = stage.find("type"); type == stage.end()) {
      fault(draft.place, "\"type\" is missing; " + list_names(stage_types()) + " are known");
    } else if (!type->is_string()) {
      wrong_kind(draft.place + " type", *type, "text");
    } else if (draft.node.info == nullptr) {
      fault(draft.place,
            "there is no stage type " + shown_text(draft.node.type) + suggest_name(draft.node.type, stage_types()));
    }
  }

  std::vector<std::string> stage_types() const {
    std::vector<std::string> types;
    for (const StageInfo& info : registry_.all()) types.push_back(info.type);
    return types;
  }

  void parse_from(const json& stage, StageDraft& draft) {
    const auto from = stage.find("from");
    if (from == stage.end()) return;
    if (from->is_string()) {
      draft.from = from->get<std::string>();
    } else {
      wrong_kind(draft.place + " from", *from, "a stage's id");
    }
  }

  void parse_params(const json& stage, StageDraft& draft) {
    std::unique_ptr<Stage> object;
    Options options;
    if (draft.node.info != nullptr) {
      object = make_stage(*draft.node.info);
      object->declare(options);
    }
    const std::vector<std::string> names = option_names(options);
    for (const auto& item : stage.items()) {
      if (is_one_of(item.key(), stage_keys)) continue;
      if (is_one_of(item.key(), names)) {
        fault(draft.place, shown_text(item.key()) + " is an option; it belongs in \"params\"");
      } else {
        unknown_key(draft.place, item.key(), stage_keys);
      }
    }
    if (const auto params = stage.find("params"); params != stage.end()) {
      if (!params->is_object()) return wrong_kind(draft.place + " params", *params, "an object");
      draft.node.params = *params;
    }
    if (!object) return;
    std::vector<Fault> found = apply_options(options, draft.node.params);
    // What contradicts what can be told only of values that are accepted.
    if (found.empty()) found = object->check();
    for (const Fault& option : found) {
      fault(option.place.empty() ? draft.place : draft.place + " " + option.place, option.text);
    }
    for (const Option& option : options.all()) {
      if (json value = current_value(option); !value.is_null()) draft.node.params[option.name] = std::move(value);
    }
  }

  std::string place_;
  const Registry& registry_;
  std::vector<Fault>& faults_;
};

// What a file that was made says of how: defaults and order filled in, so that it does not depend on the version.
std::string complete_json(const json& root, const Definition& definition) {
  json stages = json::array();
  for (const StageNode& node : definition.stages) {
    json stage{{"id", node.id}, {"type", node.type}, {"params", node.params}};
    if (node.from != no_stage) stage["from"] = definition.stages[node.from].id;
    stages.push_back(std::move(stage));
  }
  return json{{"plotmill", format_version}, {"run", root.value("run", json::object())}, {"stages", std::move(stages)}}
      .dump();
}

}  // namespace

Definition parse_definition(std::string_view json_text, std::string_view place, const std::vector<Override>& overrides,
                            const Registry& registry) {
  std::vector<Fault> faults;
  std::optional<json> root = parse_strict_json(json_text, place, faults);
  if (!root) throw Error(ErrorKind::definition, faults);
  if (!root->is_object()) {
    throw Error(ErrorKind::definition, std::string(place),
                shown(*root) + " is " + std::string(kind_text(*root)) + "; an object is accepted");
  }
  apply_overrides(*root, overrides, registry, faults);
  Definition definition = Parser(place, registry, faults).parse(*root);
  if (!faults.empty()) throw Error(ErrorKind::definition, faults);
  definition.json = complete_json(*root, definition);
  return definition;
}

}  // namespace plotmill
