// Puts `--set id.param=value` into a definition.
#include "engine/definition/overrides.hpp"

#include <algorithm>
#include <optional>

#include "engine/definition/apply_options.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/definition/run_settings.hpp"
#include "engine/definition/strict_json.hpp"
#include "engine/text/json_text.hpp"
#include "engine/text/nearest_name.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

bool is_utf8(const std::string& text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

// Where the option is text, 2024 and true are text as well; only quoted text is taken as JSON.
json value_of(const std::string& text, bool is_text) {
  std::vector<Fault> ignored;
  const std::optional<json> value = parse_strict_json(text, "", ignored);
  if (!value || !ignored.empty() || (is_text && !value->is_string())) return text;
  return *value;
}

class Overrider {
 public:
  Overrider(json& definition, const Registry& registry, std::vector<Fault>& faults)
      : definition_(definition), registry_(registry), faults_(faults) {}

  void apply(const Override& change) {
    place_ = "--set " + change.path;
    const std::size_t dot = change.path.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == change.path.size()) {
      return fault("a stage's id, a dot and the name of an option are accepted");
    }
    if (!is_utf8(change.path) || !is_utf8(change.value)) {
      place_ = "--set " + shown_text(change.path);
      return fault("this is not UTF-8");
    }
    const std::string id = change.path.substr(0, dot);
    const std::string name = change.path.substr(dot + 1);
    if (id == "run") {
      set_run(name, change.value);
    } else {
      set_stage(id, name, change.value);
    }
  }

 private:
  void fault(std::string text) { faults_.push_back({place_, std::move(text)}); }

  void set_run(const std::string& name, const std::string& value) {
    const std::vector<std::string>& keys = run_keys();
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) {
      return fault("run has no " + shown_text(name) + suggest_name(name, keys));
    }
    put(definition_, "run", name, value_of(value, name == "device"));
  }

  void set_stage(const std::string& id, const std::string& name, const std::string& value) {
    const auto stages = definition_.find("stages");
    if (stages == definition_.end() || !stages->is_array()) return;
    std::vector<std::string> ids;
    for (const json& stage : *stages) {
      if (std::string known = effective_id(stage); !known.empty()) ids.push_back(std::move(known));
    }
    const auto stage = std::find_if(stages->begin(), stages->end(),
                                    [&](const json& candidate) { return effective_id(candidate) == id; });
    if (stage == stages->end()) {
      ids.emplace_back("run");
      return fault("there is no stage " + shown_text(id) + suggest_name(id, ids));
    }
    const StageInfo* info = info_of(*stage);
    if (info == nullptr) return;
    const std::unique_ptr<Stage> object = make_stage(*info);
    Options options;
    object->declare(options);
    for (const Option& option : options.all()) {
      if (option.name != name) continue;
      return put(*stage, "params", name, value_of(value, std::holds_alternative<std::string*>(option.target)));
    }
    fault(stage_place(id, info->type) + " has no option " + shown_text(name) +
          suggest_name(name, option_names(options)));
  }

  const StageInfo* info_of(const json& stage) const {
    const auto type = stage.find("type");
    return type != stage.end() && type->is_string() ? registry_.find(type->get_ref<const std::string&>()) : nullptr;
  }

  static void put(json& parent, const char* key, const std::string& name, json value) {
    json& object = parent[key];
    if (object.is_null()) object = json::object();
    if (object.is_object()) object[name] = std::move(value);
  }

  json& definition_;
  const Registry& registry_;
  std::vector<Fault>& faults_;
  std::string place_;
};

}  // namespace

std::string effective_id(const json& stage) {
  if (!stage.is_object()) return {};
  for (const char* key : {"id", "type"}) {
    if (const auto name = stage.find(key); name != stage.end()) {
      return name->is_string() ? name->get<std::string>() : std::string();
    }
  }
  return {};
}

void apply_overrides(json& definition, const std::vector<Override>& overrides, const Registry& registry,
                     std::vector<Fault>& faults) {
  Overrider overrider(definition, registry, faults);
  for (const Override& change : overrides) overrider.apply(change);
}

}  // namespace plotmill
