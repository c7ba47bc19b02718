#include "plotmill/registry.hpp"

#include <doctest/doctest.h>

#include "support/fake_stages.hpp"

using namespace plotmill;

namespace {

std::string fault_of(Registry& registry, const std::string& type) {
  try {
    registry.add({.type = type, .summary = "", .make = [] { return std::unique_ptr<Reader>(new fake::FakeReader); }});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::definition);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("registry: a type is found by its name") {
  const Registry registry = fake::fake_stages();
  REQUIRE(registry.find("fake_draw") != nullptr);
  CHECK(registry.find("fake_draw")->summary == "Draws nothing.");
  CHECK(registry.find("fake") == nullptr);
  CHECK(registry.find("") == nullptr);
  CHECK(registry.all().size() == 3);
}

TEST_CASE("registry: a type is added once") {
  Registry registry = fake::fake_stages();
  CHECK(fault_of(registry, "fake_draw") == "a stage type fake_draw is registered already");
  CHECK(registry.all().size() == 3);
}

TEST_CASE("registry: a type is snake_case") {
  Registry registry;
  CHECK(fault_of(registry, "draw_lines2").empty());
  for (const char* type : {"", "Draw", "2d", "_draw", "draw-lines", "draw lines"}) {
    CHECK(fault_of(registry, type) ==
          "\"" + std::string(type) + "\" is not a stage type; lower-case letters, digits and _ are");
  }
}

TEST_CASE("registry: the built-in stages are there") { CHECK(builtin_stages().find("make_sequences") != nullptr); }
