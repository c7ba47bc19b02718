// A preview as JSON for programs.
#include <nlohmann/json.hpp>

#include "plotmill/preview.hpp"

namespace plotmill {
namespace {

// The keys stay in the order in which they are written here.
using json = nlohmann::ordered_json;

template <class Value>
json or_null(const std::optional<Value>& value) {
  return value ? json(*value) : json();
}

json chart_json(const PreviewChart& chart) {
  return {{"stage", chart.stage},    {"index", chart.index},
          {"group", chart.group},    {"first_row", chart.first_row},
          {"drawn", chart.is_drawn}, {"place", {chart.place.x, chart.place.y, chart.place.width, chart.place.height}}};
}

}  // namespace

std::string to_json(const Preview& preview, std::string_view sheet_path) {
  json outputs = json::array();
  std::optional<std::uint64_t> all_bytes = 0;
  for (const PreviewOutput& output : preview.outputs) {
    outputs.push_back({{"id", output.id}, {"type", output.type}, {"bytes", or_null(output.bytes)}});
    all_bytes = all_bytes && output.bytes ? std::optional(*all_bytes + *output.bytes) : std::nullopt;
  }
  json charts = json::array();
  for (const PreviewChart& chart : preview.charts) charts.push_back(chart_json(chart));
  json bad_series = json::array();
  for (const Fault& fault : preview.bad_series) bad_series.push_back(fault.message());
  const json object = {{"sheet", sheet_path},
                       {"images", or_null(preview.n_images)},
                       {"images_exact", preview.n_images_is_exact},
                       {"seconds", or_null(preview.seconds)},
                       {"output_bytes", or_null(all_bytes)},
                       {"device", preview.plan.device},
                       {"threads", preview.plan.threads},
                       {"batch", preview.plan.batch},
                       {"batches_in_flight", preview.plan.batches_in_flight},
                       {"memory_bytes", preview.plan.memory_bytes},
                       {"outputs", std::move(outputs)},
                       {"charts", std::move(charts)},
                       {"bad_series", std::move(bad_series)}};
  // Names of groups may be any bytes.
  return object.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace plotmill
