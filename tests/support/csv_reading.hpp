// Reading CSV text by read_csv, for its tests.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

namespace plotmill::test {

[[nodiscard]] inline ReadResult read_text(std::string_view text, const Params& params, std::size_t at_most = 1000) {
  const TempDir dir;
  return run_reader("read_csv", with_path(dir.write("a.csv", text), params), at_most);
}

/// Gaps are equal to gaps.
[[nodiscard]] inline bool equal(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return true;
}

}  // namespace plotmill::test
