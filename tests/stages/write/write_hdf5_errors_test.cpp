// What write_hdf5 refuses, and what is left when a run fails.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "support/hdf5_reading.hpp"
#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using test::OptionValues;
using test::WriterInput;

namespace {

WriterInput make_input(std::size_t n_images, ImageShape shape = {37, 21, 255, 10}) {
  test::Random random(41);
  return test::with_series(test::random_ink(shape, n_images, random), 50);
}

std::pair<ErrorKind, std::string> error_of_run(const OptionValues& values, test::WriterRun run = {}) {
  return test::error_of([&] { test::run_writer("write_hdf5", values, make_input(6), run); });
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t n_files_in(const test::TempDir& dir) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir.path()), {}));
}

}  // namespace

TEST_CASE("write_hdf5: options that contradict each other are faults") {
  const auto faults =
      test::make_writer("write_hdf5", {{"path", "out/"}, {"images_per_chunk", 4}, {"images_per_file", 6}})->check();
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].message() == "params/path: \"out/\" does not name a file");
  CHECK(faults[1].message() == "params/images_per_file: 6 is not a multiple of images_per_chunk, which is 4");
  CHECK(test::make_writer("write_hdf5", {{"path", "a.h5"}, {"images_per_file", 7}})->check().empty());
}

TEST_CASE("write_hdf5: a value that no float32 holds is refused with its series, not stored as infinity") {
  const test::TempDir dir;
  WriterInput input = make_input(6);
  input.series.values[4 * 50 + 7] = -0x1.ffffffp127;  // The least that rounds to infinity.
  const std::string path = dir.file("charts.h5");
  test::run_writer("write_hdf5", {{"path", path}}, input);
  for (const auto& [sequences, of_input] :
       {std::pair<test::OptionValue, ValueType>{"float32", ValueType::float64}, {true, ValueType::float32}}) {
    try {
      test::run_writer("write_hdf5", {{"path", dir.file("none.h5")}, {"sequences", sequences}}, input,
                       {.value_type = of_input});
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      CHECK(error.series() == 4);
      CHECK(std::string(error.what()) ==
            "point 7 of the series is -3.4028235677973366e+38, too large for /sequences of float32; set sequences to "
            "\"float64\"");
    }
  }
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5", "charts.h5.plotmill.jsonl"});
}

TEST_CASE("write_hdf5: a chunk that HDF5 cannot hold is an error that says how many images it can") {
  const test::TempDir dir;
  const auto open_error = [&](const OptionValues& values, ImageShape shape) {
    return test::error_of([&] { test::make_writer("write_hdf5", values)->open(shape, {100, {}}, {}); });
  };
  const std::string path = dir.file("charts.h5");
  const auto [kind, text] =
      open_error({{"path", path}, {"dtype", "float32"}, {"images_per_chunk", 3000}}, {800, 500, 255, 0});
  CHECK(kind == ErrorKind::definition);
  CHECK(
      text ==
      "params/images_per_chunk: 3000 images of 800x500 float32 pixels are 4800000000 bytes, and a chunk takes at most "
      "4294967295: give 2684 at most");
  const auto [kind_one, text_one] = open_error({{"path", path}, {"dtype", "float32"}}, {65535, 65535, 255, 0});
  CHECK(contains(text_one, "draw smaller images or store them as uint8"));
  CHECK(n_files_in(dir) == 0);
}

TEST_CASE("write_hdf5: an output that exists is an error unless it may be replaced") {
  const test::TempDir dir;
  const std::string path = dir.write("charts.h5", "precious");
  const auto [kind, text] = error_of_run({{"path", path}});
  CHECK(kind == ErrorKind::io);
  CHECK(text == path + ": exists already; --force replaces it");
  CHECK(test::read_bytes(path) == "precious");
  CHECK(n_files_in(dir) == 1);
  test::run_writer("write_hdf5", {{"path", path}}, make_input(6), {.overwrite = true});
  CHECK(test::Hdf5Reading(path).shape("images").front() == 6);

  const std::string third = dir.write("split_0002.h5", "precious");
  const OptionValues split{{"path", dir.file("split.h5")}, {"images_per_file", 2}};
  CHECK(error_of_run(split).second == third + ": exists already; --force replaces it");
  CHECK(test::names_in(dir.path()) ==
        std::vector<std::string>{"charts.h5", "charts.h5.plotmill.jsonl", "split_0002.h5"});
  test::run_writer("write_hdf5", split, make_input(6), {.overwrite = true});
  CHECK(test::Hdf5Reading(third).shape("images").front() == 2);
}

TEST_CASE("write_hdf5: a link may be replaced, and not what it points to; a pipe or a device may not") {
  const test::TempDir dir;
  const std::string target = dir.write("target", "precious");
  const std::string path = dir.file("charts.h5");
  std::filesystem::create_symlink(target, path);
  test::run_writer("write_hdf5", {{"path", path}}, make_input(6), {.overwrite = true});
  CHECK(std::filesystem::symlink_status(path).type() == std::filesystem::file_type::regular);
  CHECK(test::read_bytes(target) == "precious");

  const std::string pipe = dir.file("pipe.h5");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const bool overwrite : {false, true}) {
    const auto [kind, text] = error_of_run({{"path", pipe}}, {.overwrite = overwrite});
    CHECK(kind == ErrorKind::io);
    CHECK(text == pipe + ": is not a regular file; give the name of one, or of none");
  }
  CHECK(std::filesystem::is_fifo(pipe));
}

TEST_CASE("write_hdf5: what a dead run left aside is replaced") {
  const test::TempDir dir;
  (void)dir.write("charts.h5.part", "half a file");
  test::run_writer("write_hdf5", {{"path", dir.file("charts.h5")}}, make_input(6));
  CHECK(test::Hdf5Reading(dir.file("charts.h5")).shape("images").front() == 6);
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5", "charts.h5.plotmill.jsonl"});
}

TEST_CASE("write_hdf5: a link or a pipe that lies where the file is written aside is replaced, not followed") {
  const test::TempDir dir;
  const std::string path = dir.file("charts.h5");
  const std::string target = dir.write("target", "precious");
  std::filesystem::create_symlink(target, path + ".part");
  test::run_writer("write_hdf5", {{"path", path}}, make_input(6));
  CHECK(std::filesystem::symlink_status(path).type() == std::filesystem::file_type::regular);
  CHECK(test::read_bytes(target) == "precious");
  REQUIRE(::mkfifo((path + ".part").c_str(), 0600) == 0);
  test::run_writer("write_hdf5", {{"path", path}}, make_input(6), {.overwrite = true});
  CHECK(test::Hdf5Reading(path).shape("images").front() == 6);
}

TEST_CASE("write_hdf5: a folder that is missing, is a file or refuses is an error that names it") {
  const test::TempDir dir;
  const std::string missing = dir.file("missing");
  auto [kind, text] = error_of_run({{"path", missing + "/charts.h5"}});
  CHECK(kind == ErrorKind::io);
  CHECK(contains(text, "the folder " + missing + " cannot be used: No such file or directory"));

  const std::string file = dir.write("file", "x");
  CHECK(contains(error_of_run({{"path", file + "/charts.h5"}}).second, "is not a folder"));
  CHECK(contains(error_of_run({{"path", dir.path().string()}}, {.overwrite = true}).second, "is a folder"));

  // A folder in place of the file that is written aside: the system's own words come through.
  std::filesystem::create_directory(dir.file("charts.h5.part"));
  const auto [kind_part, text_part] = error_of_run({{"path", dir.file("charts.h5")}});
  CHECK(kind_part == ErrorKind::io);
  CHECK(contains(text_part, dir.file("charts.h5") + ": cannot be created: Is a directory"));

  if (::geteuid() == 0) {
    MESSAGE("SKIPPED: a folder without write permission (root may write anywhere)");
    return;
  }
  const test::TempDir sealed;
  std::filesystem::permissions(sealed.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  CHECK(contains(error_of_run({{"path", sealed.file("charts.h5")}}).second, "cannot be created: Permission denied"));
}

TEST_CASE("write_hdf5: a run that is given up leaves whole files and what the last one can be resumed from") {
  const test::TempDir dir;
  const WriterInput input = make_input(10);
  const auto writer = test::make_writer("write_hdf5", {{"path", dir.file("charts.h5")}, {"images_per_file", 4}});
  writer->open(input.ink.shape, {50, {}}, {});
  Encoded encoded;
  writer->encode({0, 0}, input.ink, encoded, 0);
  writer->commit({0, 0}, input.series, encoded);
  CHECK(writer->stored().n_images == 8);
  writer->abandon();
  CHECK(writer->stored().n_images == 10);
  CHECK_FALSE(writer->stored().is_complete);
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5.plotmill.jsonl", "charts_0000.h5",
                                                               "charts_0001.h5", "charts_0002.h5.part"});
  CHECK(test::Hdf5Reading(dir.file("charts_0000.h5")).shape("images").front() == 4);
  CHECK(test::Hdf5Reading(dir.file("charts_0001.h5")).shape("images").front() == 4);
}

namespace {

// Four batches of the same images: the dataset's index, its series and the groups take several blocks each.
void write_four_batches(const std::string& path, const WriterInput& input) {
  const auto writer = test::make_writer("write_hdf5", {{"path", path}});
  try {
    writer->open(input.ink.shape, {50, {}}, {});
    Encoded encoded;
    writer->encode({0, 0}, input.ink, encoded, 0);
    for (std::uint64_t batch = 0; batch < 4; ++batch) writer->commit({batch, 0}, input.series, encoded);
    writer->finish();
  } catch (const Error&) {
    writer->abandon();
    throw;
  }
}

// Runs in a process of its own whose files may not grow beyond `limit` bytes: writing fails as it does on a full disk,
// with another number. Then there is room again and the same must work. Ends the process in the ordinary way, so that
// HDF5 gets to tidy up.
[[noreturn]] void run_on_small_disk(const std::string& path, const WriterInput& input, std::uint64_t limit) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit size{limit, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &size);
  try {
    write_four_batches(path, input);
    std::exit(12);
  } catch (const Error& error) {
    size.rlim_cur = RLIM_INFINITY;
    ::setrlimit(RLIMIT_FSIZE, &size);
    const std::string text = error.what();
    if (error.kind() != ErrorKind::io || !text.starts_with(path + ": ") || !text.ends_with(": File too large")) {
      std::fprintf(stderr, "limit %zu: %s\n", static_cast<std::size_t>(limit), text.c_str());
      std::exit(11);
    }
  }
  // The manifest of the whole file does not count.
  if (test::names_in(std::filesystem::path(path).parent_path()).size() != 2) std::exit(13);
  write_four_batches(path, input);
  std::exit(10);
}

}  // namespace

TEST_CASE("write_hdf5: on a full disk the run fails with the system's words and leaves nothing, wherever it happens") {
  const test::TempDir dir;
  const WriterInput input = make_input(300, {16, 16, 255, 0});
  const std::string whole = dir.file("whole.h5");
  write_four_batches(whole, input);
  const std::uint64_t size = std::filesystem::file_size(whole);
  const std::string path = dir.file("charts.h5");
  for (std::uint64_t limit = 0; limit < size; limit += 1 + size / 60) {
    CAPTURE(limit);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) run_on_small_disk(path, input, limit);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 10);
    CHECK(test::read_bytes(path) == test::read_bytes(whole));
    std::filesystem::remove(path);
    std::filesystem::remove(path + ".plotmill.jsonl");
    CHECK(n_files_in(dir) == 2);
  }
}
