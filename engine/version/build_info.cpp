// Which plotmill this is, from what each layer knows.
#include "plotmill/build_info.hpp"

#include <oneapi/tbb/version.h>

#include <nlohmann/json.hpp>

#include "engine/device/source.hpp"
#include "engine/version/commit.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {
namespace {

#ifdef __clang__
constexpr const char* compiler = __VERSION__;  // "Clang 14.0.6", behind what a distribution puts in front.
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif

}  // namespace

BuildInfo build_info() {
  return {.version = std::string(version()),
          .commit = std::string(build_commit()),
          .compiler = compiler,
          .simd_target = std::string(simd_target()),
          .cuda = cuda_build(),
          .libraries = {{"oneTBB", TBB_VERSION_STRING, TBB_runtime_version()}, hdf5_library(), jpeg_library()}};
}

std::string to_json(const BuildInfo& info) {
  using json = nlohmann::ordered_json;
  json cuda = {{"toolkit", nullptr}, {"architectures", info.cuda.architectures}, {"absence", nullptr}};
  cuda[info.cuda.absence.empty() ? "toolkit" : "absence"] =
      info.cuda.absence.empty() ? info.cuda.toolkit : info.cuda.absence;
  json libraries = json::object();
  for (const LibraryVersion& library : info.libraries) {
    libraries[library.name] = {{"built", library.built}, {"loaded", nullptr}};
    if (library.loaded) libraries[library.name]["loaded"] = *library.loaded;
  }
  const json object = {{"plotmill", info.version},  {"commit", info.commit},
                       {"compiler", info.compiler}, {"simd_target", info.simd_target},
                       {"cuda", std::move(cuda)},   {"libraries", std::move(libraries)}};
  return object.dump();
}

}  // namespace plotmill
