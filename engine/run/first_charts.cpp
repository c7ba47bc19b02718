// See first_charts.hpp.
#include "engine/run/first_charts.hpp"

#include <algorithm>

namespace plotmill {

void FirstCharts::keep(const Ink& ink, const Sequences& series) {
  const std::size_t n = std::min(most, ink.n_images());
  const std::size_t n_rows = n * ink.shape.height;
  const auto first = [](const auto& values, std::size_t count) {
    return std::vector(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  };
  const std::lock_guard lock(mutex_);
  ink_.shape = ink.shape;
  ink_.row_begin = first(ink.row_begin, n_rows + 1);
  ink_.runs = first(ink.runs, ink_.row_begin.back());
  ink_.coverage_begin = first(ink.coverage_begin, n + 1);
  ink_.coverage = first(ink.coverage, ink_.coverage_begin.back());
  sources_ = first(series.sources, n);
  groups_ = series.new_groups;
}

bool FirstCharts::show(std::string_view stage, ContactSheet& sheet) const {
  const std::lock_guard lock(mutex_);
  if (sources_.empty()) return false;
  sheet.begin_block(std::string(stage) + ": the first " + std::to_string(sources_.size()) + " charts", ink_.shape.width,
                    ink_.shape.height, sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const Source source = sources_[i];
    const std::string_view group = source.group < groups_.size() ? groups_[source.group] : std::string_view();
    sheet.add(ink_.image(i), {i, group, source.first_row});
  }
  return true;
}

}  // namespace plotmill
