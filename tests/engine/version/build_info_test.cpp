#include "plotmill/build_info.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "plotmill/pipeline.hpp"

using namespace plotmill;

namespace {

bool matches(const std::string& text, const char* pattern) { return std::regex_match(text, std::regex(pattern)); }

}  // namespace

TEST_CASE("build_info: tells what plotmill was built from and with") {
  const BuildInfo info = build_info();
  CHECK(info.version == version());
  CHECK(matches(info.commit, "unknown|[0-9a-f]{12,40}(-dirty)?"));
  CHECK(matches(info.compiler, R"((g\+\+ |.*[Cc]lang )[0-9]+\.[0-9]+.*)"));
  CHECK(info.simd_target == simd_target());
  REQUIRE(info.libraries.size() == 3);
  CHECK(info.libraries[0].name == "oneTBB");
  CHECK(info.libraries[1].name == "HDF5");
  CHECK(info.libraries[2].name == "libjpeg-turbo");
  for (const LibraryVersion& library : info.libraries) {
    CAPTURE(library.name);
    CHECK(matches(library.built, R"([0-9]+(\.[0-9]+)+)"));
    // Tests run with the libraries that they are built with.
    CHECK(library.loaded.value_or(library.built) == library.built);
  }
  CHECK(info.libraries[1].loaded.has_value());
}

TEST_CASE("build_info: a build has kernels for GPUs, or says why not") {
  const CudaBuild cuda = build_info().cuda;
  CHECK(cuda.toolkit.empty() == cuda.architectures.empty());
  CHECK(cuda.toolkit.empty() != cuda.absence.empty());
  if (cuda.toolkit.empty()) return;
  CHECK(matches(cuda.toolkit, "[0-9]+\\.[0-9]+"));
  // With PTX, which GPUs that nobody knows yet can run.
  CHECK(std::ranges::any_of(cuda.architectures, [](const std::string& a) { return matches(a, "compute_[0-9]+"); }));
  for (const std::string& architecture : cuda.architectures) CHECK(matches(architecture, "(sm|compute)_[0-9]+a?"));
}

TEST_CASE("build_info: JSON says the same") {
  BuildInfo info = build_info();
  info.cuda = {.toolkit = "13.0", .architectures = {"sm_90", "compute_90"}, .absence = ""};
  info.libraries[1].loaded = "9.8.7";
  info.libraries[2].loaded.reset();
  nlohmann::json said = nlohmann::json::parse(to_json(info));
  CHECK(said["plotmill"] == info.version);
  CHECK(said["commit"] == info.commit);
  CHECK(said["compiler"] == info.compiler);
  CHECK(said["simd_target"] == info.simd_target);
  CHECK(said["cuda"] ==
        nlohmann::json::parse(R"({"toolkit": "13.0", "architectures": ["sm_90", "compute_90"], "absence": null})"));
  CHECK(said["libraries"]["HDF5"]["built"] == info.libraries[1].built);
  CHECK(said["libraries"]["HDF5"]["loaded"] == "9.8.7");
  CHECK(said["libraries"]["libjpeg-turbo"]["loaded"].is_null());

  info.cuda = {.toolkit = "", .architectures = {}, .absence = "no nvcc"};
  said = nlohmann::json::parse(to_json(info));
  CHECK(said["cuda"] == nlohmann::json::parse(R"({"toolkit": null, "architectures": [], "absence": "no nvcc"})"));
}
