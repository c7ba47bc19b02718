// read_csv against a naive reader of whole texts, on random files.
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <locale>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/csv_reading.hpp"

using namespace plotmill;
using namespace plotmill::test;

namespace {

using Int = std::int64_t;

const double gap = std::numeric_limits<double>::quiet_NaN();

// The whole text at once, one character at a time.
std::vector<std::vector<std::string>> naive_rows(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  bool in_quotes = false;
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_quotes) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        row.back() += '"';
        ++i;
      } else if (c == '"') {
        in_quotes = false;
      } else {
        row.back() += c;
      }
    } else if (c == '"' && row.back().empty()) {
      in_quotes = any = true;
    } else if (c == ',') {
      row.emplace_back();
      any = true;
    } else if (c == '\n') {
      rows.push_back(row);
      row.assign(1, "");
      any = false;
    } else if (c != '\r') {
      row.back() += c;
      any = true;
    }
  }
  if (any) rows.push_back(row);
  return rows;
}

// Not strtof(), which takes the decimal comma of a locale.
double naive_double(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> value;
  return value;
}

struct Expected {
  std::vector<double> values;
  std::vector<Source> sources;
  std::vector<std::string> groups;
};

Expected naive_windows(const std::vector<std::vector<std::string>>& rows, std::size_t window, std::size_t stride) {
  Expected expected;
  std::map<std::string, std::vector<std::pair<std::uint64_t, double>>> points;
  std::map<std::string, std::uint32_t> numbers;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const std::string& name = rows[r][1];
    auto& group = points[name];
    group.emplace_back(r - 1, rows[r][2].empty() ? gap : naive_double(rows[r][2]));
    if (group.size() < window || (group.size() - window) % stride != 0) continue;
    if (!numbers.contains(name)) {
      numbers.emplace(name, static_cast<std::uint32_t>(numbers.size()));
      expected.groups.push_back(name);
    }
    const auto first = group.end() - static_cast<std::ptrdiff_t>(window);
    expected.sources.push_back({numbers[name], first->first});
    for (auto point = first; point != group.end(); ++point) expected.values.push_back(point->second);
  }
  return expected;
}

}  // namespace

TEST_CASE("read_csv: equals a naive reader on random files") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random()) % n; };
    const std::string names[] = {"A", "", "x,y", "line\nend", "say \"hi\"", "B", "C\r\nD", "\xC3\xA9"};
    const char* line_end = below(2) == 0 ? "\n" : "\r\n";
    std::string text = "n,g,v" + std::string(line_end);
    // Some files go beyond one block of the reader.
    const std::uint32_t n_rows = seed % 20 == 0 ? 100000 : 1 + below(300);
    for (std::uint32_t r = 0; r < n_rows; ++r) {
      const std::string& name = names[below(8) < 5 ? below(2) : below(8)];
      const bool quote = name.find_first_of("\",\n") != std::string::npos || below(3) == 0;
      std::string escaped;
      for (const char c : name) escaped += c == '"' ? std::string("\"\"") : std::string(1, c);
      std::string value = below(10) == 0 ? ""
                                         : std::to_string(below(1000)) + "." +
                                               std::to_string(below(100000));  // No decimal comma of the locale.
      if (below(5) == 0) value = '"' + value + '"';
      text += std::to_string(below(1000)) + "," + (quote ? '"' + escaped + '"' : escaped) + "," + value;
      if (r + 1 < n_rows || below(2) == 0) text += line_end;
    }
    const std::size_t window = 1 + below(12);
    const std::size_t stride = 1 + below(4);
    const Expected expected = naive_windows(naive_rows(text), window, stride);
    if (expected.sources.empty()) continue;
    const Params params = {
        {"column", "v"}, {"group_by", "g"}, {"window", static_cast<Int>(window)}, {"stride", static_cast<Int>(stride)}};
    const ReadResult result = read_text(text, params, 1 + below(500));
    CHECK(result.all.new_groups == expected.groups);
    CHECK(equal(result.all.values, expected.values));
    REQUIRE(result.all.size() == expected.sources.size());
    for (std::size_t i = 0; i < expected.sources.size(); ++i) {
      const bool same = result.all.sources[i].group == expected.sources[i].group &&
                        result.all.sources[i].first_row == expected.sources[i].first_row;
      if (!same) FAIL_CHECK("source ", i, " differs");
    }
  }
}
