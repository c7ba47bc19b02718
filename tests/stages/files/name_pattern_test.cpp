#include "stages/files/name_pattern.hpp"

#include <doctest/doctest.h>

#include "plotmill/error.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using plotmill::FileNamePattern;

TEST_CASE("file_name_pattern: the number stands in for {index}, with leading zeros where asked") {
  CHECK(FileNamePattern::parse("{index:06}.png").name(42) == "000042.png");
  CHECK(FileNamePattern::parse("{index:06}.png").name(12345678) == "12345678.png");
  CHECK(FileNamePattern::parse("chart-{index}-x").name(0) == "chart-0-x");
  CHECK(FileNamePattern::parse("{index:019}").name(7) == "0000000000000000007");
}

TEST_CASE("file_name_pattern: anything else in braces, and anything that leaves the folder, is an error") {
  for (const std::string text :
       {"",           "a.png",       "{}",          "{index",      "index}",    "{index:6}",      "{index:0}",
        "{index:00}", "{index:020}", "{index:06d}", "{index:+06}", "{Index}",   "{index}{index}", "{index}}",
        "{{index}",   "}{index}",    "{index}/a",   "/{index}",    "..{index}", "{index}..",      "a\\{index}",
        "../{index}", "{index}/..",  "/tmp/{index}"}) {
    CAPTURE(text);
    const auto [kind, what] = plotmill::test::error_of([&] { (void)FileNamePattern::parse(text); });
    CHECK(kind == plotmill::ErrorKind::definition);
    CHECK(what.starts_with("\"" + text + "\" "));
  }
}

TEST_CASE("file_name_pattern: a null character, where the system would end the name, is an error") {
  for (const std::string& text : {std::string("{index}\0.png", 12), std::string("\0{index}", 8)}) {
    CHECK_THROWS_AS((void)FileNamePattern::parse(text), plotmill::Error);
  }
}

TEST_CASE("file_name_pattern: exactly the names that it gives match") {
  const auto six = FileNamePattern::parse("a{index:06}.png");
  for (const char* name : {"a000000.png", "a123456.png", "a1234567.png"}) CHECK_MESSAGE(six.matches(name), name);
  for (const char* name :
       {"", "a.png", "a00000.png", "a0000000.png", "b000000.png", "a000000.png.part", "a00000x.png"}) {
    CHECK_MESSAGE(!six.matches(name), name);
  }
  CHECK(FileNamePattern::parse("{index}").matches("0"));
  CHECK_FALSE(FileNamePattern::parse("{index}").matches("00"));
}

TEST_CASE("file_name_pattern: a file that matches is found") {
  const plotmill::test::TempDir dir;
  const auto pattern = FileNamePattern::parse("{index:03}.jpg");
  CHECK_FALSE(pattern.find_in(dir.path().string()));
  (void)dir.write("other.jpg", "");
  CHECK_FALSE(pattern.find_in(dir.path().string()));
  (void)dir.write("017.jpg", "");
  CHECK(pattern.find_in(dir.path().string()) == "017.jpg");
  (void)dir.write("000.jpg", "");
  CHECK(pattern.find_in(dir.path().string()) == "000.jpg");
  CHECK_FALSE(pattern.find_in(dir.file("missing")));
}
