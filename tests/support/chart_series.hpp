// The series that benchmarks and the test of accuracy draw: random walks, and real prices where there are any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace plotmill::test {

/// `n_series` random walks of `n_points` points, one after another; always the same.
[[nodiscard]] std::vector<double> random_walks(std::size_t n_series, std::size_t n_points);

/// The file of candles: candles_1m.csv in the folder that PLOTMILL_TEST_DATA names, or else in ../shared/data.
[[nodiscard]] std::string candles_path();

/// `n_series` windows of closing prices, spread over the file, none across two symbols. Nothing where the file is
/// absent or holds no such window.
[[nodiscard]] std::optional<std::vector<double>> candle_windows(std::size_t n_series, std::size_t n_points);

}  // namespace plotmill::test
