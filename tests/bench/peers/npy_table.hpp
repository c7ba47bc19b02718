// Reads the .npy file that tools/compare_peers prepares: float32, C order, (series, points).
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace plotmill::bench {

struct Table {
  std::size_t n_series = 0, n_points = 0;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> series(std::size_t i) const {
    return std::span(values).subspan(i * n_points, n_points);
  }
};

/// The first `at_most` series.
[[nodiscard]] inline Table read_table(const std::string& path, std::size_t at_most) {
  std::ifstream in(path, std::ios::binary);
  char start[10] = {};
  in.read(start, sizeof(start));
  if (!in || std::memcmp(start, "\x93NUMPY\x01", 7) != 0)
    throw std::runtime_error(path + " is no .npy file, version 1");
  std::string header(static_cast<unsigned char>(start[8]) + std::size_t{static_cast<unsigned char>(start[9])} * 256,
                     ' ');
  in.read(header.data(), static_cast<std::streamsize>(header.size()));
  Table table;
  const std::size_t shape = header.find("'shape': (");
  if (header.find("'<f4'") == std::string::npos || shape == std::string::npos ||
      std::sscanf(header.c_str() + shape, "'shape': (%zu, %zu)", &table.n_series, &table.n_points) != 2) {
    throw std::runtime_error(path + " is no table of float32: " + header);
  }
  if (table.n_series > at_most) table.n_series = at_most;
  table.values.resize(table.n_series * table.n_points);
  in.read(reinterpret_cast<char*>(table.values.data()),
          static_cast<std::streamsize>(table.values.size() * sizeof(float)));
  if (!in) throw std::runtime_error(path + " ends too early");
  return table;
}

}  // namespace plotmill::bench
