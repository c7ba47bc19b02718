// Reads windows of one column of a CSV file, group by group. The file streams by: the memory it takes depends on the
// window and on how many groups are mixed with one another, not on the size of the file.
#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/error_text.hpp"
#include "stages/read/csv_rows.hpp"
#include "stages/read/group_windows.hpp"
#include "stages/read/windows.hpp"

namespace plotmill {
namespace {

std::string rows_text(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " row" : " rows"); }

std::string fields_text(std::size_t n) { return std::to_string(n) + (n == 1 ? " field" : " fields"); }

// A number too large or too small for a double, as from_chars tells them not apart: infinity or zero.
double out_of_range(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  const std::size_t first = text.front() == '-' ? 1 : 0;
  const bool tiny = exponent == std::string_view::npos ? text[first] == '0' || text[first] == '.'
                                                       : text.substr(exponent + 1).starts_with('-');
  return tiny ? 0.0 : std::numeric_limits<double>::infinity();
}

// The number that a field holds, rounded to the nearest double; an empty field and the spellings of NaN and infinity
// are gaps, and so is what no double can hold. False for anything else.
bool parse_number(std::string_view text, double& value) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  if (text.empty()) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || code == std::errc::invalid_argument) return false;
  value = code == std::errc::result_out_of_range ? out_of_range(text) : number;
  return true;
}

class ReadCsv final : public Reader {
 public:
  void declare(Options& options) override {
    options.add({.name = "path",
                 .target = &path_,
                 .required = true,
                 .doc = "The CSV file, in UTF-8.",
                 .example = "prices.csv",
                 .pattern = "."});
    options.add({.name = "column",
                 .target = &column_,
                 .min = 0,
                 .required = true,
                 .doc = "The column of the values, decimal numbers: its name in the header, or its number from 0.",
                 .example = "close"});
    options.add({.name = "group_by",
                 .target = &group_by_,
                 .min = 0,
                 .doc = "The column whose text tells which rows belong together; without it all do.",
                 .example = "symbol"});
    windows_.window = 100;
    windows_.declare(options, 1, "Points of each series; a window never holds rows of two groups.");
    options.add({.name = "header", .target = &header_, .doc = "Whether the first row holds the names of the columns."});
    options.add({.name = "delimiter",
                 .target = &delimiter_,
                 .doc = "The character between two fields; \\t is a tab.",
                 .example = ";",
                 .pattern = R"(^([^"\r\n]|\\t)$)"});
  }

  [[nodiscard]] std::vector<Fault> check() const override {
    std::vector<Fault> faults;
    if (path_.empty()) faults.push_back({"params/path", "\"\" is no path; the path of a CSV file is accepted"});
    if (delimiter_ != "\\t" && (delimiter_.size() != 1 || delimiter_.find_first_of("\"\r\n") == 0)) {
      faults.push_back({"params/delimiter", quoted(delimiter_) +
                                                " is no delimiter; one character other than a quote and a line end is "
                                                "accepted, such as \",\", \";\" or \"\\t\""});
    }
    const auto check_column = [&](const char* option, const std::optional<NameOrIndex>& column) {
      if (header_ || !column || !std::holds_alternative<std::string>(*column)) return;
      faults.push_back({std::string("params/") + option,
                        quoted(std::get<std::string>(*column)) +
                            " is a name, but `header` is false; the column's number from 0 is accepted"});
    };
    check_column("column", column_);
    check_column("group_by", group_by_);
    return faults;
  }

  SeriesShape open(const RunSetup& setup) override {
    rows_.open(path_, delimiter_ == "\\t" ? '\t' : delimiter_.front(), setup.pulse);
    if (!rows_.next()) throw Error(ErrorKind::input, path_, "is empty; rows of a CSV file are expected");
    n_columns_ = rows_.n_fields();
    for (std::size_t i = 0; header_ && i < n_columns_; ++i) names_.emplace_back(rows_.field(i));
    value_column_ = find_column("column", column_.value());
    if (group_by_) group_column_ = find_column("group_by", *group_by_);
    if (header_ && !rows_.next()) throw Error(ErrorKind::input, path_, "has no rows after the header");

    keeps_bad_rows_ = setup.on_bad_series != OnBadSeries::error;
    memory_bytes_ = setup.memory_bytes > 0 ? setup.memory_bytes : std::numeric_limits<std::uint64_t>::max();
    const auto window = static_cast<std::size_t>(windows_.window);
    // The other half is for batches.
    groups_ = GroupWindows(window, static_cast<std::uint64_t>(windows_.stride), memory_bytes_ / 2);
    held_bytes_ = group_column_ ? memory_bytes_ / 2 : std::min(memory_bytes_ / 2, GroupWindows::bytes_of_one(window));
    return {window, std::nullopt};
  }

  [[nodiscard]] std::optional<std::string> identity() override { return rows_.identity(); }
  [[nodiscard]] std::uint64_t held_bytes() const override { return held_bytes_; }

  bool read(Sequences& out, std::size_t at_most) override {
    const auto limit = static_cast<std::uint64_t>(windows_.limit);
    while (out.size() < at_most && !ended_) {
      take_row(out);
      // A fault after the last series that is wanted does no harm.
      ended_ = (limit > 0 && n_series_ == limit) || !rows_.next();
      if (ended_ && n_series_ == 0) throw_no_series();
    }
    return !ended_;
  }

  [[nodiscard]] std::optional<double> share_read() const override {
    const std::optional<double> of_file = rows_.share_read();
    if (!of_file || windows_.limit == 0) return of_file;
    return std::max(*of_file, static_cast<double>(n_series_) / static_cast<double>(windows_.limit));
  }

 private:
  std::size_t find_column(const char* option, const NameOrIndex& column) {
    if (const auto* index = std::get_if<std::int64_t>(&column)) {
      if (*index >= 0 && static_cast<std::uint64_t>(*index) < n_columns_) return static_cast<std::size_t>(*index);
      throw Error(ErrorKind::input, rows_.place(),
                  "column " + std::to_string(*index) + " (`" + option + "`) is outside 0.." +
                      std::to_string(n_columns_ - 1) + ", the columns of the first row");
    }
    const auto& name = std::get<std::string>(column);
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) {
      throw Error(ErrorKind::input, rows_.place(),
                  "there is no column " + quoted(name) + " (`" + option + "`)" + did_you_mean(name, names_) +
                      " The header has " + quoted_list(names_));
    }
    if (std::find(found + 1, names_.end(), name) != names_.end()) {
      throw Error(
          ErrorKind::input, rows_.place(),
          "several columns are named " + quoted(name) + "; give `" + option + "` as the column's number, from 0");
    }
    return static_cast<std::size_t>(found - names_.begin());
  }

  [[nodiscard]] std::string column_text(std::size_t i) const {
    return "column " + (names_.empty() ? std::to_string(i) : quoted(names_[i]));
  }

  // What is wrong with the row, and so with the windows that hold it; "" where nothing is.
  std::string take_value(double& value) {
    if (rows_.n_fields() != n_columns_) {
      return "the row has " + fields_text(rows_.n_fields()) + ", the first row has " + fields_text(n_columns_);
    }
    const std::string_view text = rows_.field(value_column_);
    if (parse_number(text, value)) return {};
    return column_text(value_column_) + ": " + quoted(text) +
           " is not a number; a decimal number such as 0.25 or 2e-3 is accepted, and nan, inf or an empty field for a "
           "gap";
  }

  void take_row(Sequences& out) {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string fault = take_value(value);
    // A row that does not say of which group it is can't be left out: no window would be sure.
    const bool has_group = !group_column_ || *group_column_ < rows_.n_fields();
    if (!fault.empty() && (!keeps_bad_rows_ || !has_group)) throw Error(ErrorKind::input, rows_.place(), fault);
    const std::string_view group = group_column_ ? rows_.field(*group_column_) : std::string_view();
    std::optional<Fault> bad_row;
    if (!fault.empty()) bad_row = {rows_.place(), std::move(fault)};
    switch (groups_.add(group, row_++, value, bad_row, out)) {
      case GroupWindows::Outcome::kept:
        return;
      case GroupWindows::Outcome::window:
        ++n_series_;
        return;
      case GroupWindows::Outcome::came_back:
        throw Error(ErrorKind::input, rows_.place(),
                    "rows of group " + quoted(group) +
                        " come back after those of more groups than half of run.memory (" +
                        std::to_string(memory_bytes_ / 2) + " bytes) can hold; sort the file by " +
                        column_text(group_column_.value_or(0)) + " or give more run.memory");
      case GroupWindows::Outcome::out_of_memory:
        throw Error(ErrorKind::input, rows_.place(),
                    "the windows and names of the groups so far take more than half of run.memory (" +
                        std::to_string(memory_bytes_ / 2) +
                        " bytes); give a smaller `window`, more run.memory, or a `group_by` "
                        "with fewer groups");
    }
  }

  [[noreturn]] void throw_no_series() const {
    const auto [group, n_rows] = groups_.longest();
    const std::string wanted = rows_text(static_cast<std::uint64_t>(windows_.window));
    if (!group_column_) {
      throw Error(ErrorKind::input, path_,
                  "has " + rows_text(n_rows) + ", but `window` asks for " + wanted + "; give a smaller `window`");
    }
    throw Error(ErrorKind::input, path_,
                "no group has " + wanted + "; the longest, " + quoted(group) + ", has " + std::to_string(n_rows) +
                    "; give a smaller `window`");
  }

  std::string path_;
  std::optional<NameOrIndex> column_;
  std::optional<NameOrIndex> group_by_;
  WindowOptions windows_;
  bool header_ = true;
  std::string delimiter_ = ",";

  CsvRows rows_;  // stands on the row to take next, unless ended_
  bool ended_ = false;
  std::vector<std::string> names_;
  std::size_t n_columns_ = 0;
  std::size_t value_column_ = 0;
  std::optional<std::size_t> group_column_;
  GroupWindows groups_;
  bool keeps_bad_rows_ = false;  // and makes the windows that hold one bad series
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t held_bytes_ = 0;
  std::uint64_t row_ = 0;
  std::uint64_t n_series_ = 0;
};

}  // namespace

StageInfo read_csv_stage() {
  return {.type = "read_csv",
          .summary = "Reads windows of one column of a CSV file, optionally group by group.",
          .make = [] { return std::unique_ptr<Reader>(new ReadCsv); }};
}

}  // namespace plotmill
