// See charts.hpp.
#include "engine/report/charts.hpp"

#include <algorithm>
#include <cmath>

#include "engine/text/html_text.hpp"

namespace plotmill {
namespace {

constexpr int height = 100;  // Of a picture, in its own units; a bin is 10 wide.

std::string svg(const std::string& kind, std::size_t n_bins, const std::string& label, const std::string& inner) {
  return "<svg class=\"" + kind + "\" role=\"img\" aria-label=\"" + html_text(label) + "\" viewBox=\"0 0 " +
         std::to_string(10 * n_bins) + " " + std::to_string(height) + "\" preserveAspectRatio=\"none\">" + inner +
         "</svg>\n";
}

std::string y_of(double share) { return std::to_string(height - std::lround(std::clamp(share, 0.0, 1.0) * height)); }

// The outline of steps, one for each bin, without the way back along the bottom.
std::string steps(const std::vector<double>& shares) {
  std::string path;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    path += (i == 0 ? "M0 " : "V") + y_of(shares[i]) + "H" + std::to_string(10 * (i + 1));
  }
  return path;
}

std::string closed(const std::string& outline) { return outline + "V" + std::to_string(height) + "H0Z"; }

}  // namespace

std::string time_axis(double seconds) {
  const int decimals = seconds < 10 ? 2 : seconds < 100 ? 1 : 0;
  std::string text = "<div class=\"axis\">";
  for (int i = 0; i <= 4; ++i)
    text += "<span>" + fixed_text(seconds * i / 4, decimals) + (i == 4 ? " s" : "") + "</span>";
  return text + "</div>\n";
}

std::string rate_chart(const std::vector<double>& rates, double mean, double seconds) {
  const double top = std::max(1e-9, 1.05 * std::max(mean, *std::max_element(rates.begin(), rates.end())));
  std::vector<double> shares;
  shares.reserve(rates.size());
  for (const double rate : rates) shares.push_back(rate / top);
  const std::string outline = steps(shares);
  const std::string end = std::to_string(10 * rates.size());
  const std::string highest = count_text(static_cast<std::uint64_t>(std::lround(top / 1.05)));
  return "<div class=\"name\"><span>images/s, at most " + highest +
         "</span><span class=\"muted\">dashed: the mean</span></div>\n" +
         svg("rate", rates.size(), "Images a second over the time of the run",
             "<path class=\"soft\" d=\"" + closed(outline) + "\"/><path class=\"edge\" d=\"" + outline +
                 "\"/><path class=\"mean\" d=\"M0 " + y_of(mean / top) + "H" + end + "\"/>") +
         time_axis(seconds);
}

std::string busy_chart(const RunReport& report, const std::vector<std::vector<double>>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const StageReport& stage = report.stages[i];
    const std::string kind(step_name(stage.step));
    const std::string threads =
        stage.threads == 1 ? "one at a time" : "on " + std::to_string(stage.threads) + " threads";
    text.append("<div class=\"").append(kind).append("\"><div class=\"name\"><b>").append(html_text(stage.id));
    text.append("</b><span class=\"muted\">").append(threads).append("</span></div>\n");
    const std::string title = "When " + stage.id + " worked";
    const std::string path = "<path d=\"" + closed(steps(rows[i])) + "\"/>";
    text.append(svg("lane", rows[i].size(), title, path)).append("</div>\n");
  }
  return text + time_axis(report.seconds);
}

}  // namespace plotmill
