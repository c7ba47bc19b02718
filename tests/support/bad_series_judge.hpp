// A CSV file with rows that are bad in every way, and by hand what its windows are: which are good, which are bad, and
// why.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "support/number_text.hpp"
#include "support/random_series.hpp"

namespace plotmill::test {

struct JudgedSeries {
  std::string group;
  std::uint32_t group_number = 0;
  std::uint64_t first_row = 0;
  std::vector<double> values;
  std::string reason;  ///< The beginning of it; "" where the series is good.
  std::uint64_t n_good_before = 0;

  [[nodiscard]] bool is_bad() const { return !reason.empty(); }
};

/// Windows of 6 rows, 3 rows of the group apart, drawn by "charts", which takes no gap, and "steep", which takes no
/// flat series.
class BadSeriesJudge {
 public:
  static constexpr std::size_t window = 6;
  static constexpr std::size_t stride = 3;

  std::string csv = "group,value\n";
  std::vector<JudgedSeries> series;
  std::vector<std::string> groups;  ///< In order of their first windows, good or bad.

  explicit BadSeriesJudge(std::string path) : path_(std::move(path)) {}

  void add_row(const std::string& group, const std::string& field) {
    csv += group + (field == "nothing" ? "" : "," + field) + "\n";
    const std::string place = path_ + ":" + std::to_string(2 + n_rows_) + ": ";
    Row row{n_rows_++, std::numeric_limits<double>::quiet_NaN(), ""};
    if (field == "nothing") {
      row.fault = place + "the row has 1 field, the first row has 2 fields";
    } else if (field == "oops") {
      row.fault = place + "column \"value\": \"oops\" is not a number";
    } else if (!field.empty()) {
      (void)std::from_chars(field.data(), field.data() + field.size(), row.value);
    }
    std::vector<Row>& rows = rows_[group];
    rows.push_back(row);
    if (rows.size() < window || (rows.size() - window) % stride != 0) return;
    judge(group, {rows.end() - static_cast<std::ptrdiff_t>(window), rows.end()});
  }

  [[nodiscard]] std::vector<JudgedSeries> good() const { return those(false); }
  [[nodiscard]] std::vector<JudgedSeries> bad() const { return those(true); }

 private:
  struct Row {
    std::uint64_t number;
    double value;
    std::string fault;
  };

  void judge(const std::string& group, const std::vector<Row>& rows) {
    JudgedSeries result{.group = group, .first_row = rows.front().number, .values = {}, .reason = {}};
    while (result.group_number < groups.size() && groups[result.group_number] != group) ++result.group_number;
    if (result.group_number == groups.size()) groups.push_back(group);
    for (const JudgedSeries& before : series) result.n_good_before += before.is_bad() ? 0U : 1U;
    bool is_flat = true;
    std::string gap;
    for (const Row& row : rows) {
      result.values.push_back(row.value);
      if (!row.fault.empty()) result.reason = row.fault;
      if (row.value != rows.front().value) is_flat = false;
      if (std::isnan(row.value) && gap.empty()) gap = "point " + std::to_string(result.values.size() - 1) + " is ";
    }
    if (result.reason.empty() && !gap.empty()) result.reason = "charts (draw_lines) @: " + gap;
    if (result.reason.empty() && is_flat) result.reason = "steep (draw_lines) @: every value is ";
    series.push_back(std::move(result));
  }

  [[nodiscard]] std::vector<JudgedSeries> those(bool bad) const {
    std::vector<JudgedSeries> result;
    for (const JudgedSeries& each : series) {
      if (each.is_bad() == bad) result.push_back(each);
    }
    return result;
  }

  std::string path_;
  std::uint64_t n_rows_ = 0;
  std::map<std::string, std::vector<Row>> rows_;
};

/// The reason as it is told of a series whose image has, or would have had, this number.
[[nodiscard]] inline std::string reason_of(const JudgedSeries& bad, std::uint64_t image) {
  std::string reason = bad.reason;
  const std::size_t at = reason.find('@');
  if (at == std::string::npos) return reason;
  return reason.replace(at, 1,
                        "image " + std::to_string(image) + " (of rows (read_csv), group \"" + bad.group +
                            "\", data row " + std::to_string(bad.first_row) + ")");
}

/// Several groups, mixed; the first and the last windows are bad, and all of one group in the middle.
inline void add_rows_of_every_kind(BadSeriesJudge& judge, std::uint32_t seed, std::size_t n_rows) {
  Random random(seed);
  const std::vector<std::string> groups{"a", "größe", "c", "late"};
  std::map<std::string, int> flat_left;
  double value = 0;
  for (std::size_t row = 0; row < n_rows; ++row) {
    const std::string group = groups[random_below(random, row < n_rows / 2 ? 3 : 4)];
    if (row > n_rows / 3 && random_below(random, 12) == 0) judge.add_row("all bad", "oops");
    if (random_below(random, 70) == 0) flat_left[group] = 10;
    if (flat_left[group]-- <= 0) value += random_between(random, -1, 1);
    const std::size_t kind = random_below(random, 90);
    const std::string field = flat_left[group] > 0 ? "1.5" : number_text(value);
    judge.add_row(group, row < 8 || kind == 0 ? "oops" : kind == 1 ? "nothing" : kind == 2 ? "" : field);
  }
  for (int i = 0; i < 40; ++i) judge.add_row("c", i % 2 == 0 ? "oops" : "");
}

}  // namespace plotmill::test
