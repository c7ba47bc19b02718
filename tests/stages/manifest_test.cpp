// The manifest as a file: what is read back, after which deaths and damages, and who may go on with it.
#include "stages/manifest.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>

#include "support/file_size_limit.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using Pieces = std::vector<StoredPiece>;

namespace {

RunSetup setup(std::string_view window = "10", std::string_view more_stages = "") {
  RunSetup result;
  result.definition = R"({"plotmill": 1, "run": {"threads": 2, "on_bad_series": "error"}, "stages": [
      {"id": "in", "type": "read_csv", "params": {"path": "ä.csv", "window": )" +
                      std::string(window) + "}}" + std::string(more_stages) + "]}";
  result.input = "5 bytes, changed 1.5 s after 1970";
  result.plotmill_version = "0.1.0";
  return result;
}

RunSetup resuming(RunSetup setup = ::setup()) {
  setup.resume = true;
  return setup;
}

StoredPiece part_of(std::string file, std::uint64_t first, std::uint64_t end) {
  return {.file = std::move(file),
          .first = first,
          .end = end,
          .n_bytes = 10 * (end - first),
          .xxh3 = {"00112233445566778899aabbccddeeff"},
          .n_groups = 2,
          .n_bad = end / 3,
          .part = SealedPart{1000 * end, end, "ffeeddccbbaa99887766554433221100"}};
}

StoredPiece file_of(std::string file, std::uint64_t first, std::uint64_t end) {
  StoredPiece piece = part_of(std::move(file), first, end);
  piece.file_bytes = 1000 * end;
  return piece;
}

/// All that a piece says, to compare.
std::string text_of(const StoredPiece& piece) {
  std::string text = piece.file + " " + std::to_string(piece.first) + "-" + std::to_string(piece.end) + " " +
                     std::to_string(piece.n_bytes) + " " + std::to_string(piece.n_groups) + " " +
                     std::to_string(piece.n_bad);
  for (const std::string& hash : piece.xxh3) text += " " + hash;
  if (piece.part) {
    text += " part " + std::to_string(piece.part->end) + " " + std::to_string(piece.part->journal_bytes) + " " +
            piece.part->journal_xxh3;
  }
  if (piece.file_bytes) text += " file " + std::to_string(*piece.file_bytes);
  return text;
}

void check_equal(const Pieces& found, const Pieces& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(text_of(found[i]) == text_of(expected[i]));
}

const Pieces some_pieces{part_of("charts_0000.h5", 0, 7), file_of("charts_0000.h5", 7, 7), part_of("ü\"\n.h5", 7, 12)};

/// A manifest, open, as a stage has it; its pieces, if it goes on with one that is there.
struct Open {
  explicit Open(const std::string& output, const RunSetup& setup, const std::optional<Fault>& existing = {})
      : manifest(manifest_path(output), output, existing, setup,
                 [&](StoredPiece&& piece) { pieces.push_back(std::move(piece)); }) {}
  Pieces pieces;
  Manifest manifest;
};

/// Writes these pieces and dies.
void write(const std::string& output, const Pieces& pieces, bool complete = false) {
  Open open(output, setup());
  for (const StoredPiece& piece : pieces) open.manifest.add(piece);
  if (complete) open.manifest.complete();
}

void check_open_error(ErrorKind kind, const std::string& place, const std::vector<std::string>& parts,
                      const std::string& output, const RunSetup& setup, const std::optional<Fault>& existing = {}) {
  test::check_error(kind, place, parts, [&] { const Open open(output, setup, existing); });
}

}  // namespace

TEST_CASE("manifest: what was added comes back, and a run that resumes goes on behind it") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write(output, {some_pieces[0], some_pieces[1]});
  {
    Open open(output, resuming());
    check_equal(open.pieces, {some_pieces[0], some_pieces[1]});
    CHECK(open.manifest.n_images() == 7);
    CHECK_FALSE(open.manifest.is_complete());
    CHECK_FALSE(open.manifest.overwrites());
    open.manifest.add(some_pieces[2]);
    open.manifest.complete();
    open.manifest.close();
  }
  Pieces pieces;
  const auto content = read_manifest(manifest_path(output), [&](StoredPiece&& piece) { pieces.push_back(piece); });
  check_equal(pieces, some_pieces);
  REQUIRE(content);
  CHECK(content->is_complete);
  CHECK(content->n_images == 12);
  CHECK(content->head.output == output);
  CHECK(content->head.input == setup().input);
  CHECK(content->n_bytes == std::filesystem::file_size(manifest_path(output)));
  CHECK_FALSE(read_manifest(dir.file("none"), [](StoredPiece&&) {}).has_value());
}

TEST_CASE("manifest: images that are files of their own have a hash each, and no file") {
  const test::TempDir dir;
  const std::string output = dir.file("{index}.png");
  const StoredPiece piece{.first = 0, .end = 2, .n_bytes = 30, .xxh3 = {std::string(32, 'a'), std::string(32, 'b')}};
  write(output, {piece});
  check_equal(Open(output, resuming()).pieces, {piece});
}

TEST_CASE("manifest: a last line that was cut off at any byte counts as not written, and is written over") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write(output, {some_pieces[0], some_pieces[1]});
  const std::string two = test::read_bytes(manifest_path(output));
  std::filesystem::remove(manifest_path(output));
  write(output, some_pieces);
  const std::string three = test::read_bytes(manifest_path(output));
  REQUIRE(three.starts_with(two));
  for (std::size_t size = two.size(); size < three.size(); ++size) {
    CAPTURE(size);
    (void)dir.write("charts.h5.plotmill.jsonl", std::string_view(three).substr(0, size));
    const auto content = read_manifest(manifest_path(output), [](StoredPiece&&) {});
    CHECK(content.value().n_images == 7);
    CHECK(content->n_bytes == two.size());
    if (size % 20 != 0) continue;
    Open open(output, resuming());
    REQUIRE(open.pieces.size() == 2);
    open.manifest.add(some_pieces[2]);
    CHECK(test::read_bytes(manifest_path(output)) == three);
  }
  // Of the first line nothing tells what is there: the run starts anew.
  const std::size_t first = three.find('\n');
  for (std::size_t size = 0; size <= first; ++size) {
    CAPTURE(size);
    (void)dir.write("charts.h5.plotmill.jsonl", std::string_view(three).substr(0, size));
    CHECK_FALSE(read_manifest(manifest_path(output), [](StoredPiece&&) {}).has_value());
    if (size % 40 != 0) continue;
    Open open(output, resuming());
    CHECK(open.manifest.n_images() == 0);
    for (const StoredPiece& piece : some_pieces) open.manifest.add(piece);
    CHECK(test::read_bytes(manifest_path(output)) == three);
  }
}

TEST_CASE("manifest: whatever is damaged is told with file and line, and nothing is changed") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write(output, {some_pieces[0], some_pieces[1], part_of("charts_0001.h5", 7, 12)}, true);
  const std::string path = manifest_path(output);
  const std::string whole = test::read_bytes(path);
  const auto damaged = [&](std::string_view old_text, std::string_view new_text, int line, const std::string& message) {
    CAPTURE(old_text);
    std::string text = whole;
    const std::size_t at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    text.replace(at, old_text.size(), new_text);
    (void)dir.write("charts.h5.plotmill.jsonl", text);
    check_open_error(ErrorKind::input, path + ":" + std::to_string(line), {message}, output, resuming());
    CHECK(test::read_bytes(path) == text);
  };
  damaged(R"("images":[0,7])", R"("images":[0,7)", 2, "the line of the manifest is damaged");
  damaged(R"("images":[0,7])", R"("images":[0])", 2, "the line of the manifest is damaged");
  damaged(R"("images":[0,7])", R"("image":[0,7])", 2, "the line of the manifest is damaged");
  damaged(R"("bytes":70)", R"("bytes":"70")", 2, "the line of the manifest is damaged");
  damaged(R"("images":[0,7])", R"("images":[0,6])", 3, "the line is about images 7 to 7, and image 6 is next");
  damaged(R"("images":[0,7])", R"("images":[1,7])", 2, "the line is about images 1 to 7, and image 0 is next");
  damaged(R"("images":[7,12])", R"("images":[7,6])", 4, "the line is about images 7 to 6, and image 7 is next");
  damaged(R"("complete":true,"images":12)", R"("complete":true,"images":13)", 5, "13 images are counted, and 12 are");
  damaged(R"("complete":true,"images":12})", "\"complete\":true,\"images\":12}\n{}", 6, "a line follows the last one");
  damaged(R"("plotmill_manifest":1)", R"("plotmill_manifest":2)", 1, "version 2, and this plotmill knows 1");
  damaged(R"("window":10)", R"("window":11)", 1, "the definition in the manifest is damaged");
  damaged("{", "\xff{", 1, "the line of the manifest is damaged");
}

TEST_CASE(
    "manifest: a definition or an input that has changed is refused with the difference, also at a finished run") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  for (const bool complete : {false, true}) {
    write(output, some_pieces, complete);
    const std::string before = test::read_bytes(path);
    check_open_error(ErrorKind::definition, path, {"--force starts anew:\n  in params/window: 20, it was 10"}, output,
                     resuming(setup("20")));
    check_open_error(ErrorKind::definition, path,
                     {"\n  in params/limit: 5 is new\n  in params/window: 10.5, it was 10\n  out type: \"w\" is new"},
                     output, resuming(setup("10.5, \"limit\": 5", R"(, {"id": "out", "type": "w"})")));
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
    CHECK(Open(output, other).manifest.n_images() == 12);
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
  write(output, {some_pieces[0]});
  const std::string before = test::read_bytes(path);
  check_open_error(
      ErrorKind::definition, path,
      {"plotmill 0.1.0 began this, so plotmill 0.2.0 can't resume it; that version can, and --force starts "
       "anew"},
      output, newer);
  CHECK(test::read_bytes(path) == before);
  std::filesystem::remove(path);
  write(output, some_pieces, true);
  CHECK(Open(output, newer).manifest.is_complete());
}

TEST_CASE("manifest: a pipe in its place is refused, not waited for") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  RunSetup force = setup();
  force.overwrite = true;
  for (const RunSetup& each : {setup(), resuming(), force}) {
    check_open_error(ErrorKind::io, output, {"its manifest " + path + " is not a regular file"}, output, each);
  }
  test::check_error(ErrorKind::input, path, {"is not a regular file"},
                    [&] { (void)read_manifest(path, [](StoredPiece&&) {}); });
}

TEST_CASE("manifest: without --resume an interrupted run is kept, with --force it is not") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write(output, {some_pieces[0]});
  check_open_error(ErrorKind::io, output, {"an interrupted run has stored 7 images; --resume goes on after them"},
                   output, setup());
  RunSetup force = setup("20");
  force.overwrite = true;
  Open(output, force).manifest.add(part_of("charts.h5", 0, 1));
  // Who goes on with a run that was allowed to replace files may do so, too.
  RunSetup other = resuming(setup("20"));
  CHECK(Open(output, other).manifest.overwrites());
  CHECK(Open(output, other).manifest.n_images() == 1);
}

TEST_CASE("manifest: of an input that can't be known again nobody is told to resume") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  RunSetup piped = setup();
  piped.input.reset();
  Open(output, piped).manifest.add(some_pieces[0]);
  check_open_error(ErrorKind::io, output,
                   {"an interrupted run has stored 7 images; --resume can't go on, as their input can't be known again "
                    "(a pipe), --force starts anew"},
                   output, piped);
}

TEST_CASE("manifest: one that is to be replaced stays as it is until the new output begins") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write(output, {some_pieces[0]});
  const std::string before = test::read_bytes(manifest_path(output));
  RunSetup force = setup("20");
  force.overwrite = true;
  Open(output, force).manifest.close();
  CHECK(test::read_bytes(manifest_path(output)) == before);
  Open begun(output, force);
  begun.manifest.begin();
  CHECK(test::read_bytes(manifest_path(output)) != before);
  begun.manifest.close();
  CHECK(test::names_in(dir.path()).empty());
}

TEST_CASE("manifest: an output without a manifest is refused, as nothing tells how to go on") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const Fault existing{output, "exists already; --force replaces it"};
  check_open_error(ErrorKind::io, output, {existing.text}, output, setup(), existing);
  check_open_error(ErrorKind::io, output, {"is there without its manifest " + manifest_path(output)}, output,
                   resuming(), existing);
  CHECK(test::names_in(dir.path()).empty());
}

TEST_CASE("manifest: only one run writes an output, in this process or another") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  Open first(output, setup());
  first.manifest.add(some_pieces[0]);
  RunSetup force = setup();
  force.overwrite = true;
  for (const RunSetup& other : {resuming(), force, setup()}) {
    check_open_error(ErrorKind::io, output, {"another run is writing it, and holds " + manifest_path(output)}, output,
                     other);
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      const Open open(output, resuming());
    } catch (const Error& error) {
      ::_exit(std::string_view(error.what()).starts_with(output + ": another run is writing it") ? 10 : 11);
    }
    ::_exit(12);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 10);
  first.manifest.close();
  check_equal(Open(output, resuming()).pieces, {some_pieces[0]});
}

TEST_CASE("manifest: one that was removed or replaced is gone on with no more, and another's is left alone") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  for (const std::string others : {"", "another's"}) {
    Open stored(output, setup());
    stored.manifest.add(some_pieces[0]);
    std::filesystem::remove(path);
    Open begun(output, setup());
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

TEST_CASE("manifest: where nothing is stored it is removed, but a run that is complete without an image keeps it") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  Open(output, setup()).manifest.close();
  CHECK(test::names_in(dir.path()).empty());
  Open empty(output, setup());
  empty.manifest.complete();
  empty.manifest.close();
  CHECK(Open(output, resuming()).manifest.is_complete());
}

TEST_CASE("manifest: a line that cannot be written leaves it as it was, and the output is named first") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  Open open(output, setup());
  open.manifest.add(some_pieces[0]);
  const std::string before = test::read_bytes(path);
  for (const std::size_t room : {0U, 1U, 50U}) {
    {
      const test::FileSizeLimit limit(before.size() + room);
      test::check_error(ErrorKind::io, output, {"its manifest " + path + " cannot be written: File too large"},
                        [&] { open.manifest.add(some_pieces[1]); });
    }
    CHECK(test::read_bytes(path) == before);
    CHECK(open.manifest.n_images() == 7);
  }
  open.manifest.add(some_pieces[1]);
  open.manifest.close();
  check_equal(Open(output, resuming()).pieces, {some_pieces[0], some_pieces[1]});

  const test::FileSizeLimit limit(10);
  Open other(dir.file("b.h5"), setup());
  test::check_error(ErrorKind::io, dir.file("b.h5"), {"cannot be written: File too large"},
                    [&] { other.manifest.begin(); });
  other.manifest.close();
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5.plotmill.jsonl"});
}
