#include "engine/text/nearest_name.hpp"

#include <doctest/doctest.h>

using namespace plotmill;

namespace {
const std::vector<std::string> names{"width", "height", "line_width", "margin"};
}

TEST_CASE("nearest_name: a slip of the finger is found") {
  CHECK(nearest_name("widht", names) == "width");
  CHECK(nearest_name("hieght", names) == "height");
  CHECK(nearest_name("linewidth", names) == "line_width");
  CHECK(nearest_name("WIDTH", names) == "width");
  CHECK(nearest_name("margins", names) == "margin");
}

TEST_CASE("nearest_name: what is far from all names gives none") {
  CHECK(nearest_name("colour", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name("w", names).empty());
  CHECK(nearest_name(std::string(1000000, 'w'), names).empty());
  CHECK(nearest_name("width", {}).empty());
}

TEST_CASE("nearest_name: a suggestion names the nearest, else all") {
  CHECK(suggest_name("widht", names) == "; did you mean width?");
  CHECK(suggest_name("colour", names) == "; known are width, height, line_width and margin");
  CHECK(suggest_name("colour", {"path"}) == "; known is path");
  CHECK(suggest_name("colour", {}).empty());
}

TEST_CASE("nearest_name: lists read as a sentence") {
  CHECK(list_names({}).empty());
  CHECK(list_names({"a"}) == "a");
  CHECK(list_names({"a", "b"}) == "a and b");
  CHECK(list_names({"a", "b", "c"}, "or") == "a, b or c");
}
