// Manifests that are damaged, or of runs that were interrupted: what is told about them, and what is verified all the
// same.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/stored_run.hpp"

using namespace plotmill;
namespace fs = std::filesystem;

using test::StoredRun;
using Texts = std::vector<std::string>;

TEST_CASE("verify: a damaged manifest") {
  const StoredRun stored("write_hdf5", R"("images_per_file": 4)");
  const std::string name = "c.h5.plotmill.jsonl";
  const std::string original = test::read_bytes(stored.folder.file(name));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < original.size(); at = original.find('\n', at) + 1) {
    lines.push_back(original.substr(at, original.find('\n', at) + 1 - at));
  }
  REQUIRE(lines.size() == 5);
  const auto with = [&](const std::string& text) {
    (void)stored.folder.write(name, text);
    return stored.problems("c.h5");
  };
  CHECK(with(lines[0] + lines[1] + lines[3] + lines[4]) ==
        Texts{name + ":3: the line is about images 8 to 11, and image 4 is next"});
  CHECK(with(lines[0] + lines[1] + "{\n" + lines[3]) == Texts{name + ":3: the line of the manifest is damaged"});
  CHECK(with(original + lines[3]) == Texts{name + ":6: a line follows the last one"});
  CHECK(with(lines[0] + lines[1] + lines[2] + lines[3]) ==
        Texts{name + ": the output is not complete: 11 images are stored, and its run was interrupted; `plotmill run "
                     "--resume` goes on after them"});
  const std::size_t input = lines[0].find(R"("input":"")");
  REQUIRE(input != std::string::npos);
  CHECK(with(std::string(lines[0]).replace(input, 10, R"("input":null)") + lines[1]) ==
        Texts{name + ": the output is not complete: 4 images are stored, and its run was interrupted; `plotmill run "
                     "--resume` can't go on, as their input can't be known again (a pipe)"});
  CHECK(with(lines[0].substr(1) + lines[1]) == Texts{name + ":1: the line of the manifest is damaged"});
  CHECK(with("") == Texts{name + ": the manifest is empty, or its first line is cut off"});
  CHECK(with(lines[0].substr(0, 20)) == Texts{name + ": the manifest is empty, or its first line is cut off"});
  std::string other = original;
  other.replace(other.find("\"width\":60"), 10, "\"width\":61");
  CHECK(with(other) == Texts{name + ":1: the definition in the manifest is damaged: its hash is another one"});
}

TEST_CASE("verify: of a run that was interrupted the complete files are verified, and what is not complete is told") {
  const StoredRun stored("write_hdf5", R"("images_per_file": 4)");
  const std::string name = "c.h5.plotmill.jsonl";
  std::string manifest = test::read_bytes(stored.folder.file(name));
  manifest.resize(manifest.rfind("{\"complete"));
  (void)stored.folder.write(name, manifest);
  fs::rename(stored.folder.file("c_0002.h5"), stored.folder.file("c_0002.h5.part"));
  const VerifyReport report = stored.verify("c.h5");
  CHECK(report.images_checked == 8);
  CHECK(report.n_problems == 1);
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes.front().find("3 images are in") != std::string::npos);
  CHECK(stored.problems("c_0000.h5").empty());
  CHECK(fs::exists(stored.folder.file("c_0002.h5.part")));
}

TEST_CASE("verify: a number in a manifest that is none of its counts makes the line a damaged one") {
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")");
  const std::string name = "c.h5.plotmill.jsonl";
  const std::string original = test::read_bytes(stored.folder.file(name));
  const auto with = [&](const std::string& before, const std::string& after) {
    CAPTURE(after);
    stored.change(name, before, after);
    const Texts found = stored.problems("c.h5");
    (void)stored.folder.write(name, original);
    return found;
  };
  const Texts damaged{name + ":2: the line of the manifest is damaged"};
  for (const char* end : {"11e15", "-11", "1.5", "\"11\"", "null", "18446744073709551616"}) {
    CHECK(with("\"images\":[0,11]", "\"images\":[0," + std::string(end) + "]") == damaged);
  }
  CHECK(with("\"groups\":1", "\"groups\":-1") == damaged);
  CHECK(with("\"bad\":0", "\"bad\":0.5") == damaged);
  CHECK(with("\"xxh3\":[", "\"xxh3\":[\"0\",") == damaged);
  CHECK(with("\"part\":", "\"past\":") == damaged);
  // One that is a count tells of images that are not there.
  const Texts found = with("\"images\":[0,11]", "\"images\":[0,9000000000000000000]");
  REQUIRE(found.size() == 3);
  CHECK(found[0] == name + ":3: 11 images are counted, and 9000000000000000000 are listed");
  CHECK(found[1] == "c.h5: /images has 11 images, and the manifest tells of 9000000000000000000");
  CHECK(found[2] == "c.h5: images 11 to 8999999999999999999: the data are not in the file");
}

TEST_CASE("verify: image files that a damaged manifest lists before its damage are verified") {
  // With a checkpoint after each batch of 4.
  const StoredRun stored("write_png", R"("name": "{index}.png")", 11, R"(, "checkpoint": 0)");
  const std::string name = "p/{index}.png.plotmill.jsonl";
  stored.change(name, "\"images\":[8,11]", "\"images\":[8;11]");
  stored.flip("p/6.png", 60);
  stored.flip("p/10.png", 60);
  const VerifyReport report = stored.verify("p");
  CHECK(report.images_checked == 8);
  const Texts found = stored.problems("p");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == name + ":4: the line of the manifest is damaged");
  CHECK(found[1].starts_with("p/{index}.png: image 6: "));
}

TEST_CASE("verify: images that a damaged manifest no longer lists are counted where they are checked") {
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")", 11, R"(, "checkpoint": 0)");
  stored.change("c.h5.plotmill.jsonl", "\"images\":[8,11]", "\"images\":[8;11]");
  const VerifyReport report = stored.verify("c.h5");
  CHECK(report.images_checked == 11);
  CHECK(report.images == 11);
}
