// The charts on which the compiled kernels are tried.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "plotmill/draw_lines.hpp"
#include "support/random_series.hpp"

namespace plotmill::test {

/// As a batch has them.
using Value = std::remove_cvref_t<decltype(*SequencesView::values)>;

struct CompiledCase {
  std::string name;
  LineOptions options;
  std::size_t n_points;
  std::vector<Value> values;  ///< [n_series][n_points]

  [[nodiscard]] SequencesView series() const { return {values.data(), values.size() / n_points, n_points}; }
};

/// Sizes, lengths and kinds of series at which something may end or begin, with options that change from one to the
/// next.
[[nodiscard]] std::vector<CompiledCase> edge_cases();

/// One to three series of any kind, length and options.
[[nodiscard]] CompiledCase random_case(Random& random);

/// Charts as users draw most: 800x500, 100 points, random walks, 1.4 px wide.
[[nodiscard]] CompiledCase reference_case(std::size_t n_series);

}  // namespace plotmill::test
