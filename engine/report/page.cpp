// A run as a page of HTML.
#include <nlohmann/json.hpp>

#include "engine/report/charts.hpp"
#include "engine/report/style.hpp"
#include "engine/report/time_bins.hpp"
#include "engine/text/html_text.hpp"
#include "plotmill/report_page.hpp"

namespace plotmill {
namespace {

std::string section(const std::string& heading, const std::string& inner, const char* kind = "") {
  return "<section" + (*kind != '\0' ? " class=\"" + std::string(kind) + "\"" : "") + "><h2>" + heading + "</h2>\n" +
         inner + "</section>\n";
}

std::string pair(const std::string& name, const std::string& html) {
  return "<dt>" + name + "</dt><dd>" + html + "</dd>\n";
}

std::string tile(const std::string& name, const std::string& html) { return "<div>" + pair(name, html) + "</div>\n"; }

std::string count(std::string_view name, std::uint64_t value) {
  return html_figure(name, static_cast<double>(value), count_text(value));
}

// `code` where a sentence has backquotes.
std::string with_code(const std::string& sentence) {
  std::string html;
  bool inside = false;
  for (const char c : html_text(sentence)) {
    if (c != '`') {
      html += c;
      continue;
    }
    html += inside ? "</code>" : "<code>";
    inside = !inside;
  }
  return html;
}

double rate_of(const RunReport& report) {
  return report.seconds > 0 ? static_cast<double>(report.images) / report.seconds : 0;
}

std::string result(const RunReport& report) {
  const auto bytes = static_cast<double>(report.bytes_written);
  const double rate = rate_of(report);
  std::string tiles = tile("images", count("images", report.images));
  tiles += tile("seconds", html_figure("seconds", report.seconds, fixed_text(report.seconds, 2)));
  tiles += tile("images/s", html_figure("images_per_second", rate, count_text(static_cast<std::uint64_t>(rate + 0.5))));
  tiles += tile("written", html_figure("bytes_written", bytes, bytes_text(bytes)));
  if (report.images > 0) tiles += tile("an image", bytes_text(bytes / static_cast<double>(report.images)));
  if (report.seconds > 0) tiles += tile("a second", bytes_text(bytes / report.seconds));
  tiles += tile("blank", count("blank", report.blank));
  tiles += tile("skipped", count("skipped", report.n_skipped));
  tiles += tile("blanked", count("blanked", report.n_blanked));
  if (report.resumed_at > 0) tiles += tile("stored before", count("resumed_at", report.resumed_at));
  return section("Result", "<dl class=\"tiles\">\n" + tiles + "</dl>\n");
}

std::string over_time(const RunReport& report, const Trace& trace) {
  std::string html;
  const std::size_t n_rate_bins = std::clamp<std::size_t>(trace.samples.size() / 3, 1, 120);
  if (const auto rates = images_per_second_over_time(report, trace, n_rate_bins); !rates.empty()) {
    html += section("Throughput", rate_chart(rates, rate_of(report), report.seconds));
  }
  constexpr std::size_t n_bins = 240;
  if (const auto rows = busy_over_time(report, trace, n_bins); !rows.empty()) {
    std::string text = "<p class=\"muted\">How much of each stage's threads worked, over the time of the run.";
    const Overlap overlap = overlap_of(trace);
    if (trace.every_nth_batch == 1 && overlap.commit_seconds > 0) {
      text += " Batches were stored for " + fixed_text(overlap.commit_seconds, 2) + " s; in " +
              fixed_text(100 * overlap.both_seconds / overlap.commit_seconds, 0) +
              " % of that time others were drawn or encoded.";
    }
    html += section("When each stage worked", text + "</p>\n" + busy_chart(report, rows));
  }
  return html;
}

// Seconds and their share of those that are possible.
std::string time_cell(std::string_view name, double seconds, double possible, bool with_bar) {
  const std::string share =
      possible > 0 ? fixed_text(std::clamp(100 * seconds / possible, 0.0, 100.0), 0) : std::string("0");
  return "<td>" + html_figure(name, seconds, fixed_text(seconds, 2)) + " s<br><span class=\"muted\">" + share +
         " %</span>" +
         (with_bar ? "<span class=\"bar\"><i style=\"width:" + share + "%\"></i></span>" : std::string()) + "</td>";
}

std::string stages(const RunReport& report) {
  std::string rows;
  for (const StageReport& stage : report.stages) {
    const double possible = report.seconds * static_cast<double>(std::max<std::size_t>(stage.threads, 1));
    rows += "<tr class=\"" + std::string(step_name(stage.step)) + "\"><td>" + html_text(stage.id) +
            "<br><span class=\"muted\">" + html_text(stage.type) + "</span></td><td>" + count("items", stage.items) +
            "</td>" + time_cell("busy_seconds", stage.busy_seconds, possible, true) +
            time_cell("waiting_seconds", stage.waiting_seconds, report.seconds, false) + "</tr>\n";
  }
  return section("Stages",
                 "<div class=\"wide\"><table>\n<tr><th>stage</th><th>images</th><th>busy</th><th>waiting</th></tr>\n" +
                     rows +
                     "</table></div>\n<p class=\"muted\">Busy seconds are summed over threads, and their share is of "
                     "all the threads that can work on the stage. A stage waits while it works on no batch.</p>\n");
}

std::string what_ran(const RunReport& report, const ReportPage& page) {
  const RunPlan& plan = report.plan;
  std::string facts = pair("plotmill", html_text(version()));
  if (!page.began.empty()) facts += pair("began", html_text(page.began));
  facts += pair("device", html_text(plan.device + (plan.device_reason.empty() ? "" : " (" + plan.device_reason + ")")));
  if (plan.streams > 0) facts += pair("streams", count("streams", plan.streams) + " on each GPU");
  facts += pair("threads", count("threads", plan.threads) +
                               (page.n_cores > 0 ? " on a machine of " + count_text(page.n_cores) + " cores" : ""));
  facts += pair("batch", count("batch", plan.batch) + " images");
  facts += pair("in flight", "at most " + count("batches_in_flight", plan.batches_in_flight) + " batches, " +
                                 bytes_text(static_cast<double>(plan.memory_bytes)));
  std::string definition;
  if (!page.definition.empty()) {
    const auto parsed = nlohmann::json::parse(page.definition, nullptr, false);
    const std::string text =
        parsed.is_discarded() ? page.definition : parsed.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    definition =
        "<details open><summary>Definition, with all defaults</summary><pre>" + html_text(text) + "</pre></details>\n";
  }
  return section("What ran", "<dl class=\"facts\">\n" + facts + "</dl>\n" + definition, "long");
}

}  // namespace

std::string report_page(const RunReport& report, const Trace& trace, const ReportPage& page) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>" +
      html_text(page.title) + " - plotmill</title>\n<style>" + std::string(report_style) +
      "</style>\n</head>\n<body>\n<main>\n<p class=\"muted\">plotmill run</p>\n<h1>" + html_text(page.title) +
      "</h1>\n";
  html += "<section class=\"verdict\"><p>" + with_code(bottleneck_sentence(report, page.n_cores)) + "</p></section>\n";
  html += result(report) + over_time(report, trace) + stages(report);
  if (!trace.charts_png.empty()) {
    html += section("Charts",
                    "<img alt=\"The first charts\" src=\"data:image/png;base64," + base64(trace.charts_png) + "\">\n");
  }
  html += what_ran(report, page);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace plotmill
