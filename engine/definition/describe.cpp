// Stages and reports as JSON for programs, and the list of stages.
#include "plotmill/describe.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/definition/make_stage.hpp"
#include "engine/definition/option_text.hpp"

namespace plotmill {
namespace {

// The keys stay in the order in which they are written here.
using json = nlohmann::ordered_json;

struct TypeName {
  const char* operator()(const bool*) const { return "boolean"; }
  const char* operator()(const std::int64_t*) const { return "integer"; }
  const char* operator()(const double*) const { return "number"; }
  const char* operator()(const std::string*) const { return "text"; }
  const char* operator()(const std::optional<double>*) const { return "number"; }
  const char* operator()(const std::optional<NameOrIndex>*) const { return "name_or_index"; }
  const char* operator()(const WordOrRange*) const { return "word_or_range"; }
  const char* operator()(const BoolOrWord*) const { return "boolean_or_word"; }
  const char* operator()(const ByteSize*) const { return "size"; }
};

json option_json(const Option& option) {
  return {{"name", option.name},         {"type", std::visit(TypeName{}, option.target)},
          {"min", min_json(option)},     {"max", max_json(option)},
          {"words", option.words},       {"default", option.required ? json() : json(current_value(option))},
          {"required", option.required}, {"unit", option.unit},
          {"doc", option.doc},           {"example", example_value(option)}};
}

json stage_json(const StageInfo& info) {
  const std::unique_ptr<Stage> stage = make_stage(info);
  Options options;
  stage->declare(options);
  const auto kind = [](std::string_view name) { return name.empty() ? json() : json(name); };
  json list = json::array();
  for (const Option& option : options.all()) list.push_back(option_json(option));
  return {{"type", info.type},
          {"summary", info.summary},
          {"takes", kind(taken_by(kind_of(info)))},
          {"gives", kind(given_by(kind_of(info)))},
          {"options", std::move(list)}};
}

// Bad bytes in a device's name must not cost the report.
std::string dump(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string describe_stages(const Registry& registry) {
  std::size_t longest = 0;
  for (const StageInfo& info : registry.all()) longest = std::max(longest, info.type.size());
  std::string text;
  for (const StageInfo& info : registry.all()) {
    const StageKind kind = kind_of(info);
    std::string line = info.type + std::string(longest - info.type.size() + 2, ' ');
    line += std::string(taken_by(kind)) + std::string(std::string_view("series").size() - taken_by(kind).size(), ' ');
    line += " -> " + std::string(given_by(kind));
    line += std::string(longest + std::string_view("  series -> series  ").size() - line.size(), ' ');
    text += line + info.summary + "\n";
  }
  return text;
}

std::string describe_stages_json(const Registry& registry) {
  json list = json::array();
  for (const StageInfo& info : registry.all()) list.push_back(stage_json(info));
  return dump(list);
}

std::string to_json(const RunReport& report) {
  json stages = json::array();
  for (const StageReport& stage : report.stages) {
    stages.push_back({{"id", stage.id},
                      {"type", stage.type},
                      {"busy_seconds", stage.busy_seconds},
                      {"waiting_seconds", stage.waiting_seconds},
                      {"items", stage.items}});
  }
  const double rate = report.seconds > 0 ? static_cast<double>(report.images) / report.seconds : 0;
  json bad = json::array();
  for (const BadSeriesReport& series : report.bad_series) {
    bad.push_back({{"image", series.image ? json(*series.image) : json()},
                   {"group", series.group},
                   {"first_row", series.first_row},
                   {"reason", series.reason}});
  }
  return dump({{"images", report.images},
               {"resumed_at", report.resumed_at},
               {"seconds", report.seconds},
               {"images_per_second", rate},
               {"bytes_written", report.bytes_written},
               {"device", report.plan.device},
               {"streams", report.plan.streams},
               {"skipped", report.n_skipped},
               {"blanked", report.n_blanked},
               {"bad_series", std::move(bad)},
               {"blank", report.blank},
               {"threads", report.plan.threads},
               {"batch", report.plan.batch},
               {"batches_in_flight", report.plan.batches_in_flight},
               {"stages", std::move(stages)}});
}

std::string to_json(const Progress& progress) {
  json stages = json::array();
  for (const StageProgress& stage : progress.stages) {
    stages.push_back(
        {{"id", stage.id}, {"busy", stage.busy}, {"images", stage.images}, {"batches_waiting", stage.batches_waiting}});
  }
  const double rate = progress.seconds > 0 ? static_cast<double>(progress.images) / progress.seconds : 0;
  return json{{"seconds", progress.seconds},
              {"images", progress.images},
              {"images_per_second", rate},
              {"total", progress.n_images ? json(*progress.n_images) : json()},
              {"bytes_written", progress.bytes_written},
              {"stages", std::move(stages)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace plotmill
