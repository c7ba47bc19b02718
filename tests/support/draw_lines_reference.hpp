// The slow, obvious line chart: every pixel asks every segment. The judge of the product's ink, bit for bit.
#pragma once

#include "plotmill/draw_lines.hpp"

namespace plotmill::test {

/// As plotmill::draw_lines(), for valid options.
[[nodiscard]] Ink draw_lines_reference(const SequencesView& series, const LineOptions& options);

}  // namespace plotmill::test
