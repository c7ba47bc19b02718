// The figures of the progress, and the bars, to the letter.
#include "tools/progress_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace plotmill::tools {
namespace {

/// Of 1000 images, with 2.5 MB written.
Progress progress_of(std::uint64_t images, double seconds) {
  return {.images = images, .n_images = 1000, .bytes_written = 2'500'000, .seconds = seconds, .stages = {}};
}

StageProgress stage_of(std::string id, double busy, std::size_t waiting = 0) {
  return {.id = std::move(id), .step = Step::draw, .busy = busy, .images = 0, .batches_waiting = waiting};
}

std::vector<std::string> texts(const Progress& progress, const Terminal& terminal) {
  std::vector<std::string> all;
  for (const TerminalLine& line : progress_lines(progress, terminal)) all.push_back(line.text);
  return all;
}

/// The bar of the whole run at this number of images of 1000: 10 columns wide.
std::string bar_at(std::uint64_t images, bool utf8) {
  const std::string line = texts(progress_of(images, 0), {.columns = 40, .rows = 24, .utf8 = utf8}).at(0);
  return line.substr(0, line.find(" %"));
}

}  // namespace

TEST_CASE("sizes have units of 1000 and never four digits before the point") {
  const std::vector<std::pair<double, std::string>> sizes{{0, "0 B"},
                                                          {1, "1 B"},
                                                          {999, "999 B"},
                                                          {1000, "1.0 kB"},
                                                          {1049, "1.0 kB"},
                                                          {1050.1, "1.1 kB"},
                                                          {999'949, "999.9 kB"},
                                                          {999'951, "1.0 MB"},
                                                          {12'345'678, "12.3 MB"},
                                                          {1.5e9, "1.5 GB"},
                                                          {2e12, "2.0 TB"},
                                                          {3e15, "3000.0 TB"}};
  for (const auto& [bytes, text] : sizes) CHECK(size_text(bytes) == text);
}

TEST_CASE("progress: images, rate, bytes a second and the time that is left") {
  CHECK(progress_text(progress_of(0, 3)) == "0 of 1000 images");
  CHECK(progress_text(progress_of(200, 0)) == "200 of 1000 images");
  CHECK(progress_text(progress_of(200, 2)) == "200 of 1000 images, 100 images/s, 1.2 MB/s, 8 s left");
  CHECK(progress_text(progress_of(1000, 4)) == "1000 of 1000 images, 250 images/s, 625.0 kB/s");
  Progress unknown = progress_of(300, 2);
  unknown.n_images.reset();
  CHECK(progress_text(unknown) == "300 images, 150 images/s, 1.2 MB/s");
}

TEST_CASE("progress: the time that is left is rounded up, in two units at most") {
  const std::vector<std::pair<double, std::string>> times{{0.2, "1 s"},
                                                          {59, "59 s"},
                                                          {59.1, "1 min 00 s"},
                                                          {65, "1 min 05 s"},
                                                          {3599, "59 min 59 s"},
                                                          {3600, "1 h 00 min"},
                                                          {3661, "1 h 01 min"},
                                                          {359'999, "99 h 59 min"},
                                                          {359'999.5, "100 h 00 min"},
                                                          {360'000, "days"}};
  for (const auto& [seconds, text] : times) {
    CAPTURE(seconds);
    // Half of the images are made, so that as much is left as has gone by.
    CHECK(progress_text(progress_of(500, seconds)).ends_with(", " + text + " left"));
  }
  Progress endless = progress_of(1, 1e300);
  endless.n_images = std::numeric_limits<std::uint64_t>::max();
  CHECK(progress_text(endless).ends_with(", days left"));
}

TEST_CASE("progress: the bar is rounded, and 100 % is said only of a run that is done") {
  CHECK(bar_at(0, false) == "----------   0");
  CHECK(bar_at(500, false) == "#####-----  50");
  CHECK(bar_at(999, false) == "##########  99");
  CHECK(bar_at(1000, false) == "########## 100");
  CHECK(bar_at(2000, false) == "########## 100");
  CHECK(bar_at(0, true) == "             0");
  CHECK(bar_at(13, true) == "▏            1");
  CHECK(bar_at(488, true) == "████▉       48");
  CHECK(bar_at(500, true) == "█████       50");
  CHECK(bar_at(1000, true) == "██████████ 100");
  const auto width_at = [](std::size_t columns) {
    const std::string line = texts(progress_of(1000, 0), {.columns = columns, .rows = 24}).at(0);
    return std::ranges::count(line, '#');
  };
  CHECK(width_at(19) == 4);
  CHECK(width_at(95) == 23);
  CHECK(width_at(100) == 24);
  CHECK(width_at(500) == 24);
}

TEST_CASE("progress: each stage has its line, with its share of busy time and the batches that wait") {
  Progress progress = progress_of(500, 5);
  progress.stages = {stage_of("in", 0), stage_of("charts", 0.5, 1), stage_of("out commit", 1, 12)};
  std::string lines;
  for (const std::string& line : texts(progress, {.columns = 80, .rows = 5})) lines += line + "\n";
  CHECK(lines ==
        "##########----------  50 % 500 of 1000 images, 100 images/s, 500.0 kB/s, 5 s le\n"
        "  in          --------------------   0 % busy\n"
        "  charts      ##########----------  50 % busy  1 batch\n"
        "  out commit  #################### 100 % busy  12 batches\n");
}

TEST_CASE("progress: a terminal that is too low shows the run alone, one that is too small nothing") {
  Progress progress = progress_of(500, 5);
  progress.stages = {stage_of("in", 0), stage_of("charts", 0.5)};
  CHECK(texts(progress, {.columns = 80, .rows = 4}).size() == 3);
  CHECK(texts(progress, {.columns = 80, .rows = 3}).size() == 1);
  CHECK(texts(progress, {.columns = 80, .rows = 2}).size() == 1);
  CHECK(texts(progress, {.columns = 80, .rows = 1}).empty());
  CHECK(texts(progress, {.columns = 1, .rows = 24}).empty());
}

TEST_CASE("progress: a line is cut off before the last column, and its width is what it takes without colours") {
  Progress progress = progress_of(500, 5);
  progress.stages = {stage_of("charts", 0.9, 2)};
  for (std::size_t columns = 2; columns <= 120; ++columns) {
    CAPTURE(columns);
    for (const bool utf8 : {false, true}) {
      const auto plain = progress_lines(progress, {.columns = columns, .rows = 24, .utf8 = utf8});
      const auto coloured = progress_lines(progress, {.columns = columns, .rows = 24, .colours = true, .utf8 = utf8});
      REQUIRE(plain.size() == 2);
      REQUIRE(coloured.size() == 2);
      for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(plain[i].width < columns);
        CHECK(coloured[i].width == plain[i].width);
        if (!utf8) CHECK(plain[i].width == plain[i].text.size());
      }
    }
  }
}

TEST_CASE("progress: a stage that limits the run has another colour") {
  const auto colour_of = [](double busy) {
    Progress progress = progress_of(500, 5);
    progress.stages = {stage_of("charts", busy)};
    const std::string line = texts(progress, {.columns = 80, .rows = 24, .colours = true}).at(1);
    return line.substr(line.find("\033["), 5);
  };
  CHECK(colour_of(0.79) == "\033[36m");
  CHECK(colour_of(0.8) == "\033[33m");
}

}  // namespace plotmill::tools
