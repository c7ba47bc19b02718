// See stage.hpp.
#include "stages/verify/stage.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "plotmill/error.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"

namespace plotmill {
namespace {

using json = nlohmann::json;

// A value of this type, or what stands for none.
template <class Value>
Value value_of(const json& object, const char* name, Value otherwise) {
  const auto found = object.find(name);
  if (found == object.end()) return otherwise;
  if constexpr (std::is_same_v<Value, std::uint64_t>)
    return found->is_number_unsigned() ? found->get<Value>() : otherwise;
  if constexpr (std::is_same_v<Value, bool>) return found->is_boolean() ? found->get<Value>() : otherwise;
  if constexpr (std::is_same_v<Value, std::string>) return found->is_string() ? found->get<Value>() : otherwise;
}

VerifyStage stage_of(const json& whole, const json& stage) {
  const json params = stage.value("params", json::object());
  VerifyStage result;
  result.type = value_of<std::string>(stage, "type", "");
  result.pattern = value_of<std::string>(params, "name", "");
  result.dtype = value_of<std::string>(params, "dtype", "uint8");
  result.images_per_chunk = value_of<std::uint64_t>(params, "images_per_chunk", 1);
  result.sequences = value_of(params, "sequences", true);
  result.sequence_type = value_of<std::string>(params, "sequences", "");
  result.on_bad_series = value_of<std::string>(whole, "on_bad_series", "error");
  for (const json& other : whole.at("stages")) {
    if (value_of<std::string>(other, "id", "") != value_of<std::string>(stage, "from", "")) continue;
    const json drawing = other.value("params", json::object());
    result.width = value_of<std::uint64_t>(drawing, "width", 0);
    result.height = value_of<std::uint64_t>(drawing, "height", 0);
  }
  return result;
}

template <class Matches>
std::vector<VerifyStage> find_stages(const std::string& definition, Matches matches) try {
  std::vector<VerifyStage> found;
  const json whole = json::parse(definition);
  for (const json& stage : whole.at("stages")) {
    if (stage.is_object() && matches(stage, stage.value("params", json::object()))) {
      found.push_back(stage_of(whole, stage));
    }
  }
  return found;
} catch (const json::exception&) {
  // A definition that is none, as of a writer that is used without a pipeline.
  return {};
}

bool writes_images_as(const json& params, const std::string& output, const std::string& name) try {
  const std::string pattern = value_of<std::string>(params, "name", "");
  return value_of<std::string>(params, "directory", "") == output &&
         manifest_path(FileNamePattern::parse(pattern).common_text()) == name;
} catch (const Error&) {
  return false;
}

}  // namespace

std::optional<VerifyStage> find_stage(const std::string& definition, const std::string& output,
                                      const std::string& name) {
  const auto found = find_stages(definition, [&](const json& stage, const json& params) {
    if (value_of<std::string>(stage, "type", "") != "write_hdf5") return writes_images_as(params, output, name);
    return value_of<std::string>(params, "path", "") == output;
  });
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::optional<VerifyStage> find_hdf5_stage(const std::string& definition) {
  const auto found = find_stages(definition, [](const json& stage, const json&) {
    return value_of<std::string>(stage, "type", "") == "write_hdf5";
  });
  return found.size() != 1 ? std::nullopt : std::optional(found.front());
}

}  // namespace plotmill
