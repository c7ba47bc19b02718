// The main of every test program. A run in which no case was executed is a failure: a filter that matches nothing must
// not look like success.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <locale>

namespace {

int n_cases_run = 0;

struct CountCases : doctest::IReporter {
  explicit CountCases(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override { ++n_cases_run; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

}  // namespace

DOCTEST_REGISTER_LISTENER("count", 1, CountCases);

int main(int argc, char** argv) {
  // A program that embeds plotmill may have any locale; a decimal comma must change nothing. tools/check.sh locale sets
  // it. The system's words for its errors, which are quoted, stay as the tests know them.
  if (const char* name = std::getenv("PLOTMILL_TEST_LOCALE"); name != nullptr) {
    std::locale::global(std::locale(std::locale(name), std::locale::classic(), std::locale::messages));
  }
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit()) return result;
  if (n_cases_run == 0) {
    std::fputs("no test case matched\n", stderr);
    return 1;
  }
  return result;
}
