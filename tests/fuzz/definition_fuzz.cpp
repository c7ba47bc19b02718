// Fuzzes the JSON definition: parser, checks, overrides. What comes before the first NUL is the definition, each line
// behind it an override, "id.option=value". Nothing is opened: a definition that is accepted is not run.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzzing.hpp"
#include "plotmill/error.hpp"
#include "plotmill/pipeline.hpp"

using namespace plotmill;
using fuzz::require;

namespace {

std::vector<Override> overrides_of(std::string_view lines) {
  std::vector<Override> overrides;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view value = line.substr(std::min(line.size(), equals + 1));
    overrides.push_back({std::string(line.substr(0, equals)), std::string(value)});
  }
  return overrides;
}

// What was accepted is accepted again as it was completed, and stays the same.
void check_accepted(const Pipeline& pipeline) {
  const std::string& complete = pipeline.definition();
  try {
    const Pipeline again = Pipeline::from_json(complete);
    require(again.definition() == complete, "a complete definition does not change");
    require(again.graph() == pipeline.graph(), "a complete definition has the same graph");
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    require(false, "a complete definition is accepted");
  }
  require(!pipeline.graph(GraphFormat::dot).empty(), "a pipeline has a graph");
  require(!pipeline.reader_id().empty(), "a pipeline has a reader");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view json = text.substr(0, text.find('\0'));
  const fuzz::TimeLimit time_limit;
  const fuzz::AllocationLimit memory_limit((std::uint64_t{1} << 22U) + 2000 * size);
  try {
    check_accepted(Pipeline::from_json(json, overrides_of(text.substr(std::min(size, json.size() + 1)))));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::definition, "an error is about the definition");
    for (const Fault& fault : error.faults()) require(!fault.text.empty(), "a fault says what is wrong");
  }
  return 0;
}
