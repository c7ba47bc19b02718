// write_png, and all that it shares with write_jpeg.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "support/png_image.hpp"
#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using test::WriterInput;

namespace {

WriterInput make_input(std::size_t n_images, ImageShape shape = {37, 21, 250, 10}) {
  test::Random random(51);
  return test::with_series(test::random_ink(shape, n_images, random), 5);
}

std::size_t n_files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

std::string error_text(const test::OptionValues& values, test::WriterRun run = {}) {
  const auto [kind, text] = test::error_of([&] { test::run_writer("write_png", values, make_input(3), run); });
  CHECK(kind == ErrorKind::io);
  return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("write_png: each image is a file of its own, numbered through all batches") {
  const WriterInput input = make_input(13);
  for (const std::size_t batch : {1U, 5U, 100U}) {
    const test::TempDir dir;
    const std::string out = dir.file("out");
    const std::uint64_t n_bytes =
        test::run_writer("write_png", {{"directory", out}}, input, {.batch = batch, .n_lanes = 2});
    CHECK(n_files_in(out) == 14);
    CHECK(std::filesystem::exists(out + "/{index}.png.plotmill.jsonl"));
    std::uint64_t n_found = 0;
    for (std::size_t i = 0; i < 13; ++i) {
      const std::string number = std::to_string(i);
      const std::string bytes = test::read_bytes(out + "/" + std::string(6 - number.size(), '0') + number + ".png");
      n_found += bytes.size();
      const test::GrayImage image = test::read_png({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
      CHECK(image.width == 37);
      CHECK(image.height == 21);
      CHECK(image.pixels == test::pixels_of(input.ink.image(i)));
    }
    CHECK(n_bytes == n_found);
  }
}

TEST_CASE("write_png: no images make a folder with nothing but the manifest that says so") {
  const test::TempDir dir;
  CHECK(test::run_writer("write_png", {{"directory", dir.file("out")}}, make_input(0)) == 0);
  CHECK(test::names_in(dir.file("out")) == std::vector<std::string>{"{index}.png.plotmill.jsonl"});
}

TEST_CASE("write_png: a name that would not number the files is a fault") {
  const auto faults = test::make_writer("write_png", {{"directory", ""}, {"name", "chart.png"}})->check();
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].place == "params/directory");
  CHECK(faults[1].message() == "params/name: \"chart.png\" lacks {index}, so that all images would have one name");
}

TEST_CASE("write_png: images that exist are an error unless they may be replaced, other files do not matter") {
  const test::TempDir dir;
  (void)dir.write("notes.txt", "x");
  (void)dir.write("000007.png", "precious");
  const test::OptionValues values{{"directory", dir.path().string()}};
  CHECK(error_text(values) == dir.path().string() + ": contains 000007.png already; --force replaces it");
  CHECK(n_files_in(dir.path().string()) == 2);
  test::run_writer("write_png", values, make_input(9), {.overwrite = true});
  CHECK(n_files_in(dir.path().string()) == 11);
  CHECK(std::filesystem::exists(dir.file("{index}.png.plotmill.jsonl")));
  CHECK(test::read_bytes(dir.file("000007.png")) != "precious");

  test::run_writer("write_png", {{"directory", dir.path().string()}, {"name", "b{index}.png"}}, make_input(2));
  CHECK(std::filesystem::exists(dir.file("b1.png")));
  CHECK(std::filesystem::exists(dir.file("b{index}.png.plotmill.jsonl")));
}

TEST_CASE("write_png: a link or a pipe that lies where an image is written aside is replaced, not followed") {
  const test::TempDir dir;
  const std::string target = dir.write("target", "precious");
  std::filesystem::create_symlink(target, dir.file("000000.png.part"));
  REQUIRE(::mkfifo(dir.file("000001.png.part").c_str(), 0600) == 0);
  test::run_writer("write_png", {{"directory", dir.path().string()}}, make_input(3));
  CHECK(test::read_bytes(target) == "precious");
  for (const char* name : {"000000.png", "000001.png", "000002.png"}) {
    CHECK(std::filesystem::symlink_status(dir.file(name)).type() == std::filesystem::file_type::regular);
  }
}

TEST_CASE("write_png: a folder that cannot be made or used is an error that names it") {
  const test::TempDir dir;
  const std::string deep = dir.file("missing/out");
  CHECK(error_text({{"directory", deep}}) == deep + ": the folder cannot be made: No such file or directory");
  const std::string file = dir.write("file", "x");
  CHECK(error_text({{"directory", file}}) == file + ": cannot be used as a folder: Not a directory");
  // A folder in place of a file.
  std::filesystem::create_directories(dir.file("out/000001.png.part"));
  CHECK(contains(error_text({{"directory", dir.file("out")}}, {.overwrite = true}),
                 "out/000001.png: cannot be created: Is a directory"));
  if (::geteuid() == 0) {
    MESSAGE("SKIPPED: a folder without write permission (root may write anywhere)");
    return;
  }
  const test::TempDir sealed;
  std::filesystem::permissions(sealed.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  CHECK(contains(error_text({{"directory", sealed.path().string()}}), "cannot be created: Permission denied"));
}

TEST_CASE("write_png: a run that is given up leaves whole images, and no folder that it made for nothing") {
  const test::TempDir dir;
  const WriterInput input = make_input(2);
  for (const bool commit : {false, true}) {
    const auto writer = test::make_writer("write_png", {{"directory", dir.file("out")}});
    writer->open(input.ink.shape, {5, {}}, {});
    Encoded encoded;
    writer->encode({0, 0}, input.ink, encoded, 0);
    if (commit) writer->commit({0, 0}, input.series, encoded);
    writer->abandon();
    CHECK(std::filesystem::exists(dir.file("out")) == commit);
  }
  CHECK(test::names_in(dir.file("out")) ==
        std::vector<std::string>{"000000.png", "000001.png", "{index}.png.plotmill.jsonl"});
}

TEST_CASE("write_png: on a full disk the run fails with the system's words and leaves no half image") {
  const test::TempDir dir;
  const std::string out = dir.file("out");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit size{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &size);
    try {
      // The first image is blank and short, the second is noise.
      test::run_writer("write_png", {{"directory", out}}, make_input(2, {100, 100, 255, 0}));
    } catch (const Error& error) {
      std::_Exit(error.what() == out + "/000001.png: cannot be written: File too large" ? 10 : 11);
    }
    std::_Exit(12);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 10);
  CHECK(test::names_in(out) == std::vector<std::string>{"000000.png", "{index}.png.plotmill.jsonl"});
}
