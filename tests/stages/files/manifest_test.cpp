// The manifest as a file: what is read back, after which deaths and damages.
#include "stages/files/manifest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "support/file_size_limit.hpp"
#include "support/open_manifest.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using namespace plotmill::test;

TEST_CASE("manifest: what was added comes back, and a run that resumes goes on behind it") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write_manifest(output, {some_pieces[0], some_pieces[1]});
  {
    OpenManifest open(output, resuming());
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
  CHECK(content->head.input == manifest_setup().input);
  CHECK(content->n_bytes == std::filesystem::file_size(manifest_path(output)));
  CHECK_FALSE(read_manifest(dir.file("none"), [](StoredPiece&&) {}).has_value());
}

TEST_CASE("manifest: images that are files of their own have a hash each, and no file") {
  const test::TempDir dir;
  const std::string output = dir.file("{index}.png");
  const StoredPiece piece{.first = 0, .end = 2, .n_bytes = 30, .xxh3 = {std::string(32, 'a'), std::string(32, 'b')}};
  write_manifest(output, {piece});
  check_equal(OpenManifest(output, resuming()).pieces, {piece});
}

TEST_CASE("manifest: a last line that was cut off at any byte counts as not written, and is written over") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write_manifest(output, {some_pieces[0], some_pieces[1]});
  const std::string two = test::read_bytes(manifest_path(output));
  std::filesystem::remove(manifest_path(output));
  write_manifest(output, some_pieces);
  const std::string three = test::read_bytes(manifest_path(output));
  REQUIRE(three.starts_with(two));
  for (std::size_t size = two.size(); size < three.size(); ++size) {
    CAPTURE(size);
    (void)dir.write("charts.h5.plotmill.jsonl", std::string_view(three).substr(0, size));
    const auto content = read_manifest(manifest_path(output), [](StoredPiece&&) {});
    CHECK(content.value().n_images == 7);
    CHECK(content->n_bytes == two.size());
    if (size % 20 != 0) continue;
    OpenManifest open(output, resuming());
    REQUIRE(open.pieces.size() == 2);
    open.manifest.add(some_pieces[2]);
    CHECK(test::read_bytes(manifest_path(output)) == three);
  }
  // The power went, and of the last line only the end was kept.
  for (std::size_t size = two.size() + 1; size < three.size(); size += 7) {
    CAPTURE(size);
    std::string zeros = three;
    std::fill(zeros.begin() + static_cast<std::ptrdiff_t>(two.size()),
              zeros.begin() + static_cast<std::ptrdiff_t>(size), '\0');
    (void)dir.write("charts.h5.plotmill.jsonl", zeros);
    const auto content = read_manifest(manifest_path(output), [](StoredPiece&&) {});
    CHECK(content.value().n_images == 7);
    CHECK(content->n_bytes == two.size());
  }
  // Of the first line nothing tells what is there: the run starts anew.
  const std::size_t first = three.find('\n');
  for (std::size_t size = 0; size <= first; ++size) {
    CAPTURE(size);
    (void)dir.write("charts.h5.plotmill.jsonl", std::string_view(three).substr(0, size));
    CHECK_FALSE(read_manifest(manifest_path(output), [](StoredPiece&&) {}).has_value());
    if (size % 40 != 0) continue;
    OpenManifest open(output, resuming());
    CHECK(open.manifest.n_images() == 0);
    for (const StoredPiece& piece : some_pieces) open.manifest.add(piece);
    CHECK(test::read_bytes(manifest_path(output)) == three);
  }
}

TEST_CASE("manifest: whatever is damaged is told with file and line, and nothing is changed") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  write_manifest(output, {some_pieces[0], some_pieces[1], part_of("charts_0001.h5", 7, 12)}, true);
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

TEST_CASE("manifest: where nothing is stored it is removed, but a run that is complete without an image keeps it") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  OpenManifest(output, manifest_setup()).manifest.close();
  CHECK(test::names_in(dir.path()).empty());
  OpenManifest empty(output, manifest_setup());
  empty.manifest.complete();
  empty.manifest.close();
  CHECK(OpenManifest(output, resuming()).manifest.is_complete());
}

TEST_CASE("manifest: a line that cannot be written leaves it as it was, and the output is named first") {
  const test::TempDir dir;
  const std::string output = dir.file("charts.h5");
  const std::string path = manifest_path(output);
  OpenManifest open(output, manifest_setup());
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
  check_equal(OpenManifest(output, resuming()).pieces, {some_pieces[0], some_pieces[1]});

  const test::FileSizeLimit limit(10);
  OpenManifest other(dir.file("b.h5"), manifest_setup());
  test::check_error(ErrorKind::io, dir.file("b.h5"), {"cannot be written: File too large"},
                    [&] { other.manifest.begin(); });
  other.manifest.close();
  CHECK(test::names_in(dir.path()) == std::vector<std::string>{"charts.h5.plotmill.jsonl"});
}
