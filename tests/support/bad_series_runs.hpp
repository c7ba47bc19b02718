// Runs whose bad series are judged by hand, and how what they store is compared with the judgement.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "support/bad_series_judge.hpp"
#include "support/hdf5_reading.hpp"
#include "support/npy_bytes.hpp"
#include "support/png_image.hpp"
#include "support/resumable_jobs.hpp"

namespace plotmill::test {

inline constexpr std::size_t n_pixels = std::size_t{24} * 16;

/// Draws twice, and stores in one file, in many, and as PNG.
[[nodiscard]] inline json stages_after(const json& reader, const std::filesystem::path& folder) {
  const json charts{
      {"id", "charts"}, {"type", "draw_lines"}, {"params", {{"width", 24}, {"height", 16}, {"gaps", "error"}}}};
  const json steep{{"id", "steep"},
                   {"type", "draw_lines"},
                   {"from", "rows"},
                   {"params", {{"width", 9}, {"height", 30}, {"flat", "error"}}}};
  return json::array({reader, charts, steep, writer("one", "write_hdf5", {{"path", (folder / "one.h5").string()}}),
                      writer("many", "write_hdf5", {{"path", (folder / "many.h5").string()}, {"images_per_file", 7}}),
                      writer("png", "write_png", {{"directory", (folder / "png").string()}}, "steep")});
}

[[nodiscard]] inline json definition_of_csv(const std::string& csv, const std::filesystem::path& folder, json run) {
  const json reader{{"id", "rows"},
                    {"type", "read_csv"},
                    {"params",
                     {{"path", csv},
                      {"column", "value"},
                      {"group_by", "group"},
                      {"window", BadSeriesJudge::window},
                      {"stride", BadSeriesJudge::stride}}}};
  return {{"plotmill", 1}, {"run", std::move(run)}, {"stages", stages_after(reader, folder)}};
}

inline RunReport run_whole(const json& definition, bool resume = false) {
  Watcher watcher;
  return run_and_die(definition, resume, {}, watcher);
}

/// The images of these series where no other series is about.
struct Images {
  std::vector<std::uint8_t> charts;
  std::vector<std::vector<std::uint8_t>> steep;
};

[[nodiscard]] inline Images read_images(const std::filesystem::path& folder) {
  Images images{Hdf5Reading(folder / "one.h5").gray(), {}};
  for (std::size_t i = 0; i < images.charts.size() / n_pixels; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 6 - number.size(), '0');
    const std::string bytes = read_bytes(folder / "png" / (number + ".png"));
    images.steep.push_back(read_png({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}).pixels);
  }
  // No number is left out, and nothing follows.
  CHECK(names_in(folder / "png").size() == images.steep.size() + 1);
  return images;
}

[[nodiscard]] inline Images images_alone(const std::vector<JudgedSeries>& series) {
  const TempDir folder(memory_folder());
  std::vector<std::vector<double>> values;
  for (const JudgedSeries& each : series) values.push_back(each.values);
  const json reader{
      {"id", "rows"}, {"type", "read_npy"}, {"params", {{"path", folder.write("in.npy", npy_bytes(values))}}}};
  (void)run_whole({{"plotmill", 1}, {"stages", stages_after(reader, folder.path())}});
  return read_images(folder.path());
}

inline void check_series(const Hdf5Reading& file, const std::vector<JudgedSeries>& expected,
                         const std::vector<std::string>& groups) {
  const std::vector<Source> sources = file.sources();
  const std::vector<double> values = file.sequences();
  const std::vector<std::uint8_t> blank = file.blank();
  REQUIRE(sources.size() == expected.size());
  REQUIRE(values.size() == expected.size() * BadSeriesJudge::window);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(sources[i].group == expected[i].group_number);
    CHECK(groups.at(sources[i].group) == expected[i].group);
    CHECK(sources[i].first_row == expected[i].first_row);
    CHECK((blank[i] == 1) == expected[i].is_bad());
    for (std::size_t k = 0; k < BadSeriesJudge::window; ++k) {
      const double value = values[i * BadSeriesJudge::window + k];
      CHECK((value == expected[i].values[k] || (std::isnan(value) && std::isnan(expected[i].values[k]))));
    }
  }
}

inline void check_skipped(const std::vector<Skipped>& rows, const std::vector<JudgedSeries>& expected) {
  REQUIRE(rows.size() == expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].group == expected[i].group_number);
    CHECK(rows[i].first_row == expected[i].first_row);
    const std::string reason = reason_of(expected[i], expected[i].n_good_before);
    CHECK(rows[i].reason.substr(0, reason.size()) == reason);
  }
}

/// Of many.h5, all files together; each names all groups that it tells of.
[[nodiscard]] inline std::vector<Skipped> skipped_of_many(const std::filesystem::path& folder,
                                                          const std::vector<std::string>& groups) {
  std::vector<Skipped> all;
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with("many_")) continue;
    CAPTURE(name);
    const Hdf5Reading file(folder / name);
    const std::vector<std::string> named = file.groups();
    CHECK(named ==
          std::vector<std::string>(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(named.size())));
    for (const Skipped& row : file.skipped()) {
      CHECK(row.group < named.size());
      all.push_back(row);
    }
  }
  return all;
}

inline void check_report(const RunReport& report, const BadSeriesJudge& judge, bool blank) {
  const std::vector<JudgedSeries> bad = judge.bad();
  CHECK(report.images == (blank ? judge.series : judge.good()).size());
  CHECK(report.n_skipped == (blank ? 0 : bad.size()));
  CHECK(report.n_blanked == (blank ? bad.size() : 0));
  CHECK(report.blank == 0);
  REQUIRE(report.bad_series.size() == bad.size());
  std::size_t image = 0;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    while (blank && !judge.series[image].is_bad()) ++image;
    const BadSeriesReport& told = report.bad_series[i];
    CHECK(told.image == (blank ? std::optional<std::uint64_t>(image) : std::nullopt));
    CHECK(told.group == bad[i].group);
    CHECK(told.first_row == bad[i].first_row);
    const std::string reason = reason_of(bad[i], blank ? image++ : bad[i].n_good_before);
    CHECK(told.reason.substr(0, reason.size()) == reason);
  }
}

}  // namespace plotmill::test
