// When progress is shown where there is no terminal: by the time that the run tells, so without waiting.
#include "tools/progress_display.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace plotmill::tools {
namespace {

/// What goes to standard error while it lives.
class Caught {
 public:
  Caught() : before_(::dup(STDERR_FILENO)) {
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(::dup2(file, STDERR_FILENO) >= 0);
    ::close(file);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  ~Caught() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::fflush(stderr);
    std::istringstream text(test::read_bytes(path_));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }

 private:
  test::TempDir dir_;
  std::string path_ = dir_.file("caught");
  int before_;
};

/// A run of 12.3 seconds that makes ten images a tenth of a second, as it is shown.
std::vector<std::string> shown(ProgressStyle style) {
  const Caught caught;
  ProgressDisplay display(style);
  for (std::uint64_t tenths = 0; tenths <= 123; ++tenths) {
    display.update({.images = 10 * tenths,
                    .n_images = 1230,
                    .bytes_written = 1000 * tenths,
                    .seconds = static_cast<double>(tenths) / 10,
                    .stages = {}});
  }
  display.end();
  return caught.lines();
}

}  // namespace

TEST_CASE("progress display: a line every five seconds") {
  CHECK(shown(ProgressStyle::line) ==
        std::vector<std::string>{"plotmill: 500 of 1230 images, 100 images/s, 10.0 kB/s, 8 s left",
                                 "plotmill: 1000 of 1230 images, 100 images/s, 10.0 kB/s, 3 s left"});
}

TEST_CASE("progress display: an object every second, and at the end what was not told yet") {
  std::vector<std::uint64_t> images;
  for (const std::string& line : shown(ProgressStyle::json)) images.push_back(nlohmann::json::parse(line).at("images"));
  CHECK(images == std::vector<std::uint64_t>{0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1230});
}

TEST_CASE("progress display: nothing where nothing is asked for") { CHECK(shown(ProgressStyle::none).empty()); }

}  // namespace plotmill::tools
