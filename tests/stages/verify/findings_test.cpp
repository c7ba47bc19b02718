#include "stages/verify/findings.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace plotmill;

TEST_CASE("verify_findings: neighbours with the same text become one problem, in whatever order they come") {
  VerifyFindings findings;
  findings.add("a.h5", 6, 8, "is damaged");
  findings.add("a.h5", 2, 4, "is damaged");
  findings.add("a.h5", 4, 5, "is missing");
  findings.add("a.h5", 5, 6, "is damaged");
  findings.add("b.h5", 8, 9, "is damaged");
  const VerifyReport report = findings.report();
  CHECK(report.images_damaged == 7);
  REQUIRE(report.problems.size() == 4);
  CHECK(report.problems[0].message() == "a.h5: images 2 to 3: is damaged");
  CHECK(report.problems[1].message() == "a.h5: image 4: is missing");
  CHECK(report.problems[2].message() == "a.h5: images 5 to 7: is damaged");
  CHECK(report.problems[3].message() == "b.h5: image 8: is damaged");
}

TEST_CASE("verify_findings: of a file about which not all was kept any image may be damaged, of others not") {
  VerifyFindings findings;
  findings.add("a.h5", 10, 12, "is damaged");
  CHECK(findings.has_damage("a.h5", 11, 20));
  CHECK_FALSE(findings.has_damage("a.h5", 12, 20));
  const std::uint64_t many = 20 * VerifyReport::most_problems;
  for (std::uint64_t i = 0; i < many; ++i) findings.add("b.h5", 2 * i, 2 * i + 1, "is damaged");
  CHECK(findings.has_damage("b.h5", 2 * many + 5, 2 * many + 6));
  CHECK_FALSE(findings.has_damage("a.h5", 12, 20));
  CHECK_FALSE(findings.has_damage("c.h5", 0, 1));
  CHECK(findings.report().n_problems == many + 1);
  CHECK(findings.report().problems.size() == VerifyReport::most_problems);
}
