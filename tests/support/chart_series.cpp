#include "support/chart_series.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>

#include "support/random_series.hpp"

namespace plotmill::test {
namespace {

// Columns of the file: symbol,timestamp,open,high,low,close,volume.
std::map<std::string, std::vector<double>> closing_prices(std::istream& in) {
  std::map<std::string, std::vector<double>> prices;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::size_t begin = 0;
    for (int column = 0; column < 5 && begin != std::string::npos; ++column) {
      begin = line.find(',', begin);
      if (begin != std::string::npos) ++begin;
    }
    if (begin == std::string::npos) continue;
    // Not strtod(), which asks the locale what the decimal point is.
    double price = 0;
    (void)std::from_chars(line.data() + begin, line.data() + line.size(), price);
    prices[line.substr(0, line.find(','))].push_back(price);
  }
  return prices;
}

}  // namespace

std::vector<double> random_walks(std::size_t n_series, std::size_t n_points) {
  Random random(1);
  std::vector<double> all;
  all.reserve(n_series * n_points);
  for (std::size_t i = 0; i < n_series; ++i) {
    const std::vector<double> series = random_walk(random, n_points);
    all.insert(all.end(), series.begin(), series.end());
  }
  return all;
}

std::string candles_path() {
  const char* folder = std::getenv("PLOTMILL_TEST_DATA");
  return std::string(folder != nullptr ? folder : "../shared/data") + "/candles_1m.csv";
}

std::optional<std::vector<double>> candle_windows(std::size_t n_series, std::size_t n_points) {
  static const auto prices = [] {
    std::ifstream in(candles_path());
    return closing_prices(in);
  }();
  std::vector<const double*> windows;
  for (const auto& [symbol, values] : prices) {
    for (std::size_t first = 0; first + n_points <= values.size(); ++first) windows.push_back(values.data() + first);
  }
  if (windows.empty()) return std::nullopt;
  std::vector<double> all;
  all.reserve(n_series * n_points);
  for (std::size_t i = 0; i < n_series; ++i) {
    const double* const window = windows[i * windows.size() / n_series];
    all.insert(all.end(), window, window + n_points);
  }
  return all;
}

}  // namespace plotmill::test
