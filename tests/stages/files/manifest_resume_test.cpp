// Who may go on with a manifest, or begin one in its place.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "support/open_manifest.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

TEST_CASE(
    "manifest: a definition or an input that has changed is refused with the difference, also at a finished run") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  for (const bool complete : {false, true}) {
    write_manifest(output, some_pieces, complete);
    const std::string before = test::read_bytes(path);
    check_open_error(ErrorKind::definition, path, {"--force starts anew:\n  in params/window: 20, it was 10"}, output,
                     resuming(manifest_setup("20")));
    check_open_error(ErrorKind::definition, path,
                     {"\n  in params/limit: 5 is new\n  in params/window: 10.5, it was 10\n  out type: \"w\" is new"},
                     output, resuming(manifest_setup("10.5, \"limit\": 5", R"(, {"id": "out", "type": "w"})")));
    RunSetup other = resuming();
    other.definition = R"({"run": {"on_bad_series": "skip"}, "stages": [{"id": "in", "type": "read_csv"}]})";
    check_open_error(ErrorKind::definition, path,
                     {"\n  run on_bad_series: \"skip\", it was \"error\"\n  in params/path: \"ä.csv\" is gone\n"
                      "  in params/window: 10 is gone"},
                     output, other);
    other = resuming();
    other.input = "6 bytes";
    check_open_error(ErrorKind::input, path, {"\n  it was 5 bytes, changed 1.5 s after 1970\n  it is  6 bytes"}, output,
                     other);
    other.input.reset();
    check_open_error(ErrorKind::input, path, {"nothing tells whether it is the same as before"}, output, other);
    // Threads and the like change nothing of the images.
    other = resuming();
    other.definition.replace(other.definition.find("\"threads\": 2"), 12, "\"threads\": 3, \"batch\": 7");
    CHECK(OpenManifest(output, other).manifest.n_images() == 12);
    CHECK(test::read_bytes(path) == before);
    std::filesystem::remove(path);
  }
}

TEST_CASE("manifest: another version of plotmill goes on with nothing, and may verify what is complete") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  RunSetup newer = resuming();
  newer.plotmill_version = "0.2.0";
  write_manifest(output, {some_pieces[0]});
  const std::string before = test::read_bytes(path);
  check_open_error(
      ErrorKind::definition, path,
      {"plotmill 0.1.0 began this, so plotmill 0.2.0 can't resume it; that version can, and --force starts "
       "anew"},
      output, newer);
  CHECK(test::read_bytes(path) == before);
  std::filesystem::remove(path);
  write_manifest(output, some_pieces, true);
  CHECK(OpenManifest(output, newer).manifest.is_complete());
}

TEST_CASE("manifest: a pipe in its place is refused, not waited for") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  RunSetup force = manifest_setup();
  force.overwrite = true;
  for (const RunSetup& each : {manifest_setup(), resuming(), force}) {
    check_open_error(ErrorKind::io, output, {"its manifest " + path + " is not a regular file"}, output, each);
  }
  test::check_error(ErrorKind::input, path, {"is not a regular file"},
                    [&] { (void)read_manifest(path, [](StoredPiece&&) {}); });
}

TEST_CASE("manifest: without --resume an interrupted run is kept, with --force it is not") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write_manifest(output, {some_pieces[0]});
  check_open_error(ErrorKind::io, output, {"an interrupted run has stored 7 images; --resume goes on after them"},
                   output, manifest_setup());
  RunSetup force = manifest_setup("20");
  force.overwrite = true;
  OpenManifest(output, force).manifest.add(part_of("charts.h5", 0, 1));
  // Who goes on with a run that was allowed to replace files may do so, too.
  RunSetup other = resuming(manifest_setup("20"));
  CHECK(OpenManifest(output, other).manifest.overwrites());
  CHECK(OpenManifest(output, other).manifest.n_images() == 1);
}

TEST_CASE("manifest: of an input that can't be known again nobody is told to resume") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  RunSetup piped = manifest_setup();
  piped.input.reset();
  OpenManifest(output, piped).manifest.add(some_pieces[0]);
  check_open_error(ErrorKind::io, output,
                   {"an interrupted run has stored 7 images; --resume can't go on, as their input can't be known again "
                    "(a pipe), --force starts anew"},
                   output, piped);
}

TEST_CASE("manifest: one that is to be replaced stays as it is until the new output begins") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write_manifest(output, {some_pieces[0]});
  const std::string before = test::read_bytes(manifest_path(output));
  RunSetup force = manifest_setup("20");
  force.overwrite = true;
  OpenManifest(output, force).manifest.close();
  CHECK(test::read_bytes(manifest_path(output)) == before);
  OpenManifest begun(output, force);
  begun.manifest.begin();
  CHECK(test::read_bytes(manifest_path(output)) != before);
  begun.manifest.close();
  CHECK(test::names_in(dir.path()).empty());
}

TEST_CASE("manifest: an output without a manifest is refused, as nothing tells how to go on") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const Fault existing{output, "exists already; --force replaces it"};
  check_open_error(ErrorKind::io, output, {existing.text}, output, manifest_setup(), existing);
  check_open_error(ErrorKind::io, output, {"is there without its manifest " + manifest_path(output)}, output,
                   resuming(), existing);
  CHECK(test::names_in(dir.path()).empty());
}

TEST_CASE("manifest: only one run writes an output, in this process or another") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  OpenManifest first(output, manifest_setup());
  first.manifest.add(some_pieces[0]);
  RunSetup force = manifest_setup();
  force.overwrite = true;
  for (const RunSetup& other : {resuming(), force, manifest_setup()}) {
    check_open_error(ErrorKind::io, output, {"another run is writing it, and holds " + manifest_path(output)}, output,
                     other);
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      const OpenManifest open(output, resuming());
    } catch (const Error& error) {
      ::_exit(std::string_view(error.what()).starts_with(output + ": another run is writing it") ? 10 : 11);
    }
    ::_exit(12);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 10);
  first.manifest.close();
  check_equal(OpenManifest(output, resuming()).pieces, {some_pieces[0]});
}

TEST_CASE("manifest: one that was removed or replaced is gone on with no more, and another's is left alone") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  for (const std::string others : {"", "another's"}) {
    OpenManifest stored(output, manifest_setup());
    stored.manifest.add(some_pieces[0]);
    std::filesystem::remove(path);
    OpenManifest begun(output, manifest_setup());
    begun.manifest.begin();
    std::filesystem::remove(path);
    if (!others.empty()) (void)dir.write("charts.h5.plotmill.jsonl", others);
    for (const auto& go_on : {std::function<void()>([&] { stored.manifest.add(some_pieces[1]); }),
                              std::function<void()>([&] { stored.manifest.complete(); }),
                              std::function<void()>([&] { begun.manifest.add(some_pieces[0]); }),
                              std::function<void()>([&] { begun.manifest.require_in_place(); })}) {
      test::check_error(ErrorKind::io, output,
                        {"its manifest " + path + " was removed or replaced while the run wrote it"}, go_on);
    }
    stored.manifest.close();
    begun.manifest.close();
    CHECK(std::filesystem::exists(path) == !others.empty());
    if (!others.empty()) CHECK(test::read_bytes(path) == others);
  }
}
