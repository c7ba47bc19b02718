// A .npy file of float64 series.
#pragma once

#include <cstring>
#include <string>
#include <vector>

namespace plotmill::test {

/// All series are of the length of the first.
[[nodiscard]] inline std::string npy_bytes(const std::vector<std::vector<double>>& series) {
  const std::size_t n_points = series.empty() ? 1 : series.front().size();
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(series.size()) + ", " +
                       std::to_string(n_points) + "), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  for (const std::vector<double>& each : series) {
    bytes.append(reinterpret_cast<const char*>(each.data()), n_points * sizeof(double));
  }
  return bytes;
}

}  // namespace plotmill::test
