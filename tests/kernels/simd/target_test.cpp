#include <doctest/doctest.h>

#include <string>

#include "plotmill/build_info.hpp"
#include "support/simd_targets.hpp"

TEST_CASE("simd_target: the instruction set that is chosen, and no other") {
  plotmill::test::for_each_simd_target([](const std::string& target) { CHECK(plotmill::simd_target() == target); });
}
