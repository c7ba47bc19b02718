// Hands the definitions that a test accepts and refuses to tests/tools/schema_test.py, which asks the schema about
// them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "plotmill/describe.hpp"

namespace plotmill {

/// Appends a line to the file that the variable PLOTMILL_RECORDED_DEFINITIONS names; nothing where it is not set.
/// `faults` is empty for a definition that is accepted.
inline void record_definition(std::string_view definition, const std::string& faults, const Registry& registry) {
  const char* path = std::getenv("PLOTMILL_RECORDED_DEFINITIONS");
  if (path == nullptr) return;
  const nlohmann::json line{{"definition", definition}, {"faults", faults}, {"schema", schema_json(registry)}};
  std::ofstream(path, std::ios::app) << line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace plotmill
