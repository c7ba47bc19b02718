// See plotmill/show.hpp.
#include "plotmill/show.hpp"
#include "stages/read/stored_charts.hpp"

namespace plotmill {
namespace {

std::vector<std::uint64_t> chosen_images(const Hdf5StoredCharts& charts, const std::string& path,
                                         const ShowOptions& options) {
  for (const std::uint64_t index : options.at) {
    if (index < charts.size()) continue;
    const std::string place = path + ":/images";
    if (charts.size() == 0)
      throw Error(ErrorKind::input, place, "there is no image " + std::to_string(index) + ": it is empty");
    throw Error(
        ErrorKind::input, place,
        "there is no image " + std::to_string(index) + "; 0.." + std::to_string(charts.size() - 1) + " are accepted");
  }
  if (!options.at.empty()) return options.at;
  return spread_indices(charts.size(), options.count);
}

}  // namespace

ShownFile show_hdf5(const std::string& path, const ShowOptions& options) {
  const std::size_t n_wanted = options.at.empty() ? options.count : options.at.size();
  if (n_wanted < 1 || n_wanted > ShowOptions::most_charts) {
    throw Error(ErrorKind::definition, options.at.empty() ? "count" : "at",
                std::to_string(n_wanted) + " charts are outside 1.." + std::to_string(ShowOptions::most_charts));
  }
  Hdf5StoredCharts charts(path);
  const std::vector<std::uint64_t> indices = chosen_images(charts, path, options);
  ContactSheet sheet;
  sheet.begin_block(path.substr(path.rfind('/') + 1) + " " + std::to_string(charts.width()) + "x" +
                        std::to_string(charts.height()) + ": " + std::to_string(indices.size()) + " of " +
                        std::to_string(charts.size()) + " charts",
                    charts.width(), charts.height(), indices.size());
  for (const std::uint64_t index : indices) {
    SheetLabel label{.index = index};
    std::string group;
    if (const auto source = charts.source(index)) {
      group = charts.group(source->group);
      label.group = group;
      label.first_row = source->first_row;
    }
    sheet.add(charts.pixels(index), label);
  }
  return {sheet.png(), charts.size(), indices.size()};
}

}  // namespace plotmill
