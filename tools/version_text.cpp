// Which plotmill this is, for people.
#include "version_text.hpp"

#include <fmt/format.h>

namespace plotmill::tools {
namespace {

std::string line(const std::string& name, const std::string& value) { return fmt::format("{:<15}{}\n", name, value); }

std::string cuda_text(const CudaBuild& cuda) {
  if (!cuda.absence.empty()) return "none: " + cuda.absence;
  return fmt::format("{} for {}", cuda.toolkit, fmt::join(cuda.architectures, " "));
}

std::string library_text(const LibraryVersion& library) {
  if (!library.loaded || *library.loaded == library.built) return library.built;
  return fmt::format("{}, built with {}", *library.loaded, library.built);
}

}  // namespace

std::string version_text(const BuildInfo& info) {
  std::string text = fmt::format("plotmill {}\n", info.version);
  text += line("commit", info.commit);
  text += line("compiler", info.compiler);
  text += line("SIMD target", info.simd_target);
  text += line("CUDA", cuda_text(info.cuda));
  for (const LibraryVersion& library : info.libraries) text += line(library.name, library_text(library));
  return text;
}

}  // namespace plotmill::tools
