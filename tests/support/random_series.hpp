// Random series for tests, from a seed that the test prints.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace plotmill::test {

using Random = std::mt19937_64;

[[nodiscard]] inline std::size_t random_below(Random& random, std::size_t n) { return random() % n; }

[[nodiscard]] inline double random_between(Random& random, double lo, double hi) {
  return lo + (hi - lo) * static_cast<double>(random() >> 11U) * 0x1p-53;
}

[[nodiscard]] inline std::vector<double> random_walk(Random& random, std::size_t n_points) {
  std::vector<double> series(n_points);
  double value = 0;
  for (double& point : series) point = value += random_between(random, -1, 1);
  return series;
}

/// A series of one of many kinds: walk, noise, flat, steps, spikes, denormal, huge, far from 0, with and without gaps.
[[nodiscard]] inline std::vector<double> random_series(Random& random, std::size_t n_points) {
  std::vector<double> series = random_walk(random, n_points);
  constexpr double max = std::numeric_limits<double>::max();
  switch (random_below(random, 10)) {
    case 0:
      for (double& v : series) v = random_between(random, 0, 1);
      break;
    case 1:
      for (double& v : series) v = 42.5;
      break;
    case 2:
      for (double& v : series) v = std::floor(v);
      break;
    case 3:
      for (double& v : series) v = random_below(random, 10) == 0 ? 100 : 0;
      break;
    case 4:
      for (double& v : series) v *= std::numeric_limits<double>::denorm_min() * 50;
      break;
    case 5:
      for (double& v : series) v = random_below(random, 3) == 0 ? max : random_below(random, 2) == 0 ? -max : v;
      break;
    case 6:
      for (double& v : series) v = 110000 + v * 0.01;
      break;
    case 7:
      for (double& v : series) v = 1.7e12 + std::floor(v * 100);
      break;
    default:
      break;
  }
  if (random_below(random, 3) == 0) {
    const std::size_t one_in = 1 + random_below(random, 20);
    constexpr double inf = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (double& v : series) {
      if (random_below(random, one_in) == 0)
        v = random_below(random, 4) == 0 ? inf : random_below(random, 4) == 0 ? -inf : nan;
    }
  }
  return series;
}

}  // namespace plotmill::test
