// The first charts of a run, kept for the page about it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/contact_sheet.hpp"
#include "plotmill/sequences.hpp"

namespace plotmill {

/// Charts of one draw stage. Any thread may call anything: a run that stalls is looked at while it hangs.
class FirstCharts {
 public:
  static constexpr std::size_t most = 24;

  /// Keeps the first charts of the run's first batch, which is all that is taken from a run.
  void keep(const Ink& ink, const Sequences& series);

  /// Puts what was kept on the sheet, as a block. False where there is nothing.
  bool show(std::string_view stage, ContactSheet& sheet) const;

 private:
  mutable std::mutex mutex_;
  Ink ink_;
  std::vector<Source> sources_;
  std::vector<std::string> groups_;
};

}  // namespace plotmill
