// See preview.hpp.
#include "engine/preview/preview.hpp"

#include <algorithm>
#include <thread>

#include "engine/preview/sample_costs.hpp"
#include "engine/preview/survey.hpp"

namespace plotmill {
namespace {

std::string title_of(const DrawerNode& drawer, const Survey& survey) {
  std::string title = drawer.place() + " " + std::to_string(drawer.shape.width) + "x" +
                      std::to_string(drawer.shape.height) + ": " + std::to_string(survey.shown.indices.size()) + " of ";
  if (!survey.n_series) return title + "an unknown number of charts";
  return title + (survey.is_exact ? "" : "about ") + std::to_string(*survey.n_series) + " charts";
}

/// Puts the charts of one draw stage on the sheet, and on the list.
void add_block(RunStages& stages, DrawerNode& drawer, const Survey& survey, const std::atomic<bool>& cancelled,
               ContactSheet& sheet, Preview& preview) {
  const Sequences& series = survey.shown.series;
  at_place("count", [&] {
    sheet.begin_block(title_of(drawer, survey), drawer.shape.width, drawer.shape.height, series.size());
  });
  Ink ink;
  ink.shape = drawer.shape;
  for (std::size_t i = 0; i < series.size(); ++i) {
    stop_if(cancelled);
    const Source source = series.sources[i];
    const std::string group = source.group < survey.groups.size() ? survey.groups[source.group] : "";
    PreviewChart chart{drawer.id, survey.shown.indices[i], group, source.first_row, true, {}};
    const SheetLabel label{chart.index, group, source.first_row};
    const auto show_as_missing = [&](Fault fault) {
      chart.is_drawn = false;
      chart.place = sheet.add_missing(label);
      preview.bad_series.push_back(std::move(fault));
    };
    const auto unread = std::ranges::find(series.bad, i, &BadSeries::index);
    if (unread != series.bad.end()) {
      show_as_missing({stages.reader.place() + " " + unread->place, unread->reason});
      preview.charts.push_back(std::move(chart));
      continue;
    }
    try {
      ink.clear();
      at_place(drawer.place(), [&] {
        drawer.stage->draw({series.view().series(i).data(), 1, series.n_points}, ink, 0);
      });
      chart.place = sheet.add(ink.image(0), label);
    } catch (const Error& error) {
      if (!error.series()) throw;
      show_as_missing({image_place(drawer, stages.reader, chart.index, group, source), error.faults().front().text});
    }
    preview.charts.push_back(std::move(chart));
  }
}

/// Reading is one thread's work, drawing and encoding that of the run's threads, and all share the cores.
double run_seconds(double read, double draw_and_encode, std::size_t n_threads) {
  const auto threads = static_cast<double>(n_threads);
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  return std::max({read, draw_and_encode / threads, (read + draw_and_encode) / cores});
}

}  // namespace

Preview preview_definition(const Definition& definition, const PreviewOptions& options,
                           const std::atomic<bool>& cancelled) {
  if (options.count < 1 || options.count > PreviewOptions::most_charts) {
    throw Error(ErrorKind::definition, "count",
                std::to_string(options.count) + " is outside 1.." + std::to_string(PreviewOptions::most_charts));
  }
  RunStages stages(definition, {}, Purpose::rehearsal);
  const Survey survey = survey_input(definition, stages, {options.count, options.spread}, cancelled);

  Preview preview;
  preview.plan = stages.plan;
  preview.ends_at_bad_series = stages.on_bad_series == OnBadSeries::error;
  preview.n_images = survey.n_series;
  preview.n_images_is_exact = survey.is_exact;
  ContactSheet sheet;
  for (const auto& drawer : stages.drawers) add_block(stages, *drawer, survey, cancelled, sheet, preview);
  preview.sheet_png = sheet.png();

  const SampleCosts costs = measure_costs(stages, survey.typical, cancelled);
  const auto n = survey.n_series ? std::optional(static_cast<double>(*survey.n_series)) : std::nullopt;
  for (std::size_t w = 0; w < stages.writers.size(); ++w) {
    const WriterNode& writer = *stages.writers[w];
    PreviewOutput& output = preview.outputs.emplace_back(PreviewOutput{writer.id, writer.type, {}});
    const double per_image = costs.bytes_per_image[w] + static_cast<double>(writer.bytes_beside.value_or(0));
    if (n) output.bytes = static_cast<std::uint64_t>(*n * per_image);
  }
  for (const RunNode& writer : stages.left_out) preview.outputs.push_back({writer.id, writer.type, {}});
  if (n) preview.seconds = run_seconds(*n * survey.read_seconds, *n * costs.seconds, stages.plan.threads);
  return preview;
}

}  // namespace plotmill
