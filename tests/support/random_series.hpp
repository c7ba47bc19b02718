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

[[nodiscard]] inline std::vector<float> random_walk(Random& random, std::size_t n_points) {
  std::vector<float> series(n_points);
  double value = 0;
  for (float& point : series) {
    value += random_between(random, -1, 1);
    point = static_cast<float>(value);
  }
  return series;
}

/// A series of one of many kinds: walk, noise, flat, steps, spikes, denormal, huge, with and without gaps.
[[nodiscard]] inline std::vector<float> random_series(Random& random, std::size_t n_points) {
  std::vector<float> series = random_walk(random, n_points);
  constexpr float max = std::numeric_limits<float>::max();
  switch (random_below(random, 8)) {
    case 0:
      for (float& v : series) v = static_cast<float>(random_between(random, 0, 1));
      break;
    case 1:
      for (float& v : series) v = 42.5F;
      break;
    case 2:
      for (float& v : series) v = std::floor(v);
      break;
    case 3:
      for (float& v : series) v = random_below(random, 10) == 0 ? 100.0F : 0.0F;
      break;
    case 4:
      for (float& v : series) v *= std::numeric_limits<float>::denorm_min() * 50;
      break;
    case 5:
      for (float& v : series) v = random_below(random, 3) == 0 ? max : random_below(random, 2) == 0 ? -max : v;
      break;
    default:
      break;
  }
  if (random_below(random, 3) == 0) {
    const std::size_t one_in = 1 + random_below(random, 20);
    constexpr float inf = std::numeric_limits<float>::infinity();
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    for (float& v : series) {
      if (random_below(random, one_in) == 0)
        v = random_below(random, 4) == 0 ? inf : random_below(random, 4) == 0 ? -inf : nan;
    }
  }
  return series;
}

}  // namespace plotmill::test
