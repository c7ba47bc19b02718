// Outputs that are as they were written, and outputs that are not, in every part that they have.
#include "plotmill/verify.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "stages/hdf5/handle.hpp"
#include "support/run_writer.hpp"
#include "support/stored_run.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
namespace fs = std::filesystem;

namespace {

using test::StoredRun;
using Texts = std::vector<std::string>;

/// Where a chunk of /images lies in a file, and its size.
std::pair<std::size_t, std::size_t> chunk_place(const std::string& path, hsize_t first_image) {
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Hdf5Handle images(H5Dopen2(file.get(), "images", H5P_DEFAULT), H5Dclose);
  const std::array<hsize_t, 3> corner{first_image, 0, 0};
  unsigned mask = 0;
  haddr_t address = 0;
  hsize_t n_bytes = 0;
  REQUIRE(H5Dget_chunk_info_by_coord(images.get(), corner.data(), &mask, &address, &n_bytes) >= 0);
  return {address, n_bytes};
}

/// Replaces the hash of the first piece by one that is as long.
void forge_hash(const StoredRun& stored, const std::string& manifest) {
  std::string bytes = test::read_bytes(stored.folder.file(manifest));
  const std::size_t at = bytes.find("\"xxh3\":[\"") + 9;
  bytes[at] = bytes[at] == '0' ? '1' : '0';
  (void)stored.folder.write(manifest, bytes);
}

const std::string other_hash = "the data decompress, but are not those that were written: their hash is another one";

}  // namespace

TEST_CASE("verify: what runs have written is as it was written, whatever the layout") {
  for (const char* params : {R"("dtype": "uint8")", R"("dtype": "float32")", R"("images_per_chunk": 4)",
                             R"("dtype": "float32", "images_per_chunk": 4, "libver": "v110")", R"("sequences": false)",
                             R"("sequences": "float64")", R"("sequences": "float32", "images_per_file": 4)",
                             R"("images_per_file": 4, "images_per_chunk": 2)"}) {
    CAPTURE(params);
    const StoredRun stored("write_hdf5", params);
    const VerifyReport report = stored.verify("c.h5");
    CHECK(stored.problems("c.h5").empty());
    CHECK(report.outputs == 1);
    CHECK(report.images == 11);
    CHECK(report.images_checked == 11);
    CHECK(report.bytes_read > 0);
    CHECK(report.notes.empty());
    CHECK(report.threads == 2);
    CHECK(stored.problems("").empty());
    CHECK(stored.problems("c.h5.plotmill.jsonl").empty());
  }
  for (const char* type : {"write_png", "write_jpeg"}) {
    const StoredRun stored(type, R"("name": "a{index:03}b")");
    const VerifyReport report = stored.verify("p");
    CHECK(stored.problems("p").empty());
    CHECK(report.files == 11);
    CHECK(report.images_checked == 11);
    CHECK(report.notes.empty());
  }
}

TEST_CASE("verify: an output without images, and a sample of more than there are") {
  for (const char* type : {"write_hdf5", "write_png"}) {
    const StoredRun empty(type, type == std::string("write_png") ? R"("name": "{index}.png")" : R"("dtype": "uint8")",
                          0);
    const std::string path = type == std::string("write_png") ? "p" : "c.h5";
    CHECK(empty.problems(path).empty());
    CHECK(empty.problems(path, 5).empty());
    CHECK(empty.verify(path).outputs == 1);
    CHECK(empty.verify(path).images == 0);
  }
  const StoredRun stored("write_hdf5", R"("images_per_file": 4)");
  CHECK(stored.verify("c.h5", 1000).images_checked == 11);
  CHECK(stored.verify("c.h5", 3).images_checked == 3);
  CHECK(stored.verify("c.h5", 1).images_checked == 1);
}

TEST_CASE("verify: a damaged chunk is told with its images") {
  const StoredRun stored("write_hdf5", R"("images_per_chunk": 4)");
  const auto [address, n_bytes] = chunk_place(stored.folder.file("c.h5"), 4);
  stored.flip("c.h5", address + n_bytes - 1);  // Of the checksum.
  CHECK(stored.problems("c.h5") ==
        Texts{"c.h5: images 4 to 7: the data decompress, and their checksum is another one"});
  CHECK(stored.verify("c.h5").images_damaged == 4);
  CHECK(stored.problems("c.h5", 1).empty());  // Image 0 alone.
  CHECK(stored.problems("c.h5", 11).size() == 1);
  stored.flip("c.h5", address + n_bytes - 1);
  CHECK(stored.problems("c.h5").empty());
  for (std::size_t at = 0; at < n_bytes; ++at) {
    CAPTURE(at);
    stored.flip("c.h5", address + at);
    const VerifyReport report = stored.verify("c.h5");
    REQUIRE(report.problems.size() == 1);
    // The last byte before the checksum may have bits that the stream does not use: with another one the images are the
    // same, and only the hash of all that was written at once tells.
    const bool is_unused =
        at == n_bytes - 5 && stored.problems("c.h5").front() == "c.h5: images 0 to 10: " + other_hash;
    CHECK((is_unused || (report.problems.front().first == 4 && report.problems.front().end == 8)));
    stored.flip("c.h5", address + at);
  }
}

TEST_CASE("verify: the last chunk is short, and neighbours that are damaged alike are told as one") {
  const StoredRun stored("write_hdf5", R"("images_per_chunk": 4)");
  for (const hsize_t first : {hsize_t{4}, hsize_t{8}}) {
    const auto [address, n_bytes] = chunk_place(stored.folder.file("c.h5"), first);
    stored.flip("c.h5", address + n_bytes - 1);
  }
  CHECK(stored.problems("c.h5") ==
        Texts{"c.h5: images 4 to 10: the data decompress, and their checksum is another one"});
  CHECK(stored.verify("c.h5").images_damaged == 7);
}

TEST_CASE("verify: image data that decompress and are others have another hash") {
  const StoredRun one("write_hdf5", R"("dtype": "uint8")");
  forge_hash(one, "c.h5.plotmill.jsonl");
  CHECK(one.problems("c.h5") == Texts{"c.h5: images 0 to 10: " + other_hash});
  CHECK(one.problems("c.h5", 11).empty());  // Not with a sample.

  const StoredRun several("write_hdf5", R"("images_per_file": 4)");
  forge_hash(several, "c.h5.plotmill.jsonl");
  CHECK(several.problems("c.h5") == Texts{"c_0000.h5: images 0 to 3: " + other_hash});
  CHECK(several.problems("c_0000.h5").size() == 1);
  CHECK(several.problems("c_0001.h5").empty());
  CHECK(several.verify("c_0001.h5").images_checked == 4);
}

TEST_CASE("verify: a file that is cut off, longer, empty, missing or no HDF5 file") {
  const StoredRun stored("write_hdf5", R"("images_per_file": 4)");
  const std::string path = stored.folder.file("c_0001.h5");
  const auto size = fs::file_size(path);
  const std::string grown = "c_0001.h5: the file has " + std::to_string(size + 1) + " bytes, and had " +
                            std::to_string(size) + " when it was complete";
  stored.cut("c_0001.h5", size + 1);
  CHECK(stored.problems("c.h5") == Texts{grown});
  for (const std::uintmax_t less : {size - 1, size / 2, std::uintmax_t{0}}) {
    stored.cut("c_0001.h5", less);
    CHECK(stored.problems("c_0001.h5") == Texts{"c_0001.h5: images 0 to 3: the file has " + std::to_string(less) +
                                                " bytes, and had " + std::to_string(size) + " when it was complete"});
  }
  fs::remove(path);
  CHECK(stored.problems("") == Texts{"c_0001.h5: images 0 to 3: cannot be opened: No such file or directory"});
  (void)stored.folder.write("other.h5", "no HDF5");
  CHECK(stored.problems("other.h5").front().starts_with("other.h5: the file cannot be opened as an HDF5 file"));
}

TEST_CASE("verify: a file without a manifest is checked without hashes, and that is told") {
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")");
  fs::remove(stored.folder.file("c.h5.plotmill.jsonl"));
  const VerifyReport report = stored.verify("c.h5");
  CHECK(report.n_problems == 0);
  CHECK(report.images_checked == 11);
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes.front() ==
        stored.folder.file("c.h5") + ": there is no manifest beside it: hashes could not be checked");
  const auto [address, n_bytes] = chunk_place(stored.folder.file("c.h5"), 3);
  stored.flip("c.h5", address + n_bytes - 1);
  CHECK(stored.problems("") == Texts{"c.h5: image 3: the data decompress, and their checksum is another one"});
}

TEST_CASE("verify: the attributes, and what the definition says about the images") {
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")");
  const std::string original = test::read_bytes(stored.folder.file("c.h5"));
  const auto after = [&](const std::string& before, const std::string& now) {
    (void)stored.folder.write("c.h5", original);
    stored.change("c.h5", before, now);
    return stored.problems("c.h5");
  };
  // All that HDF5 needs to find and read images, and attributes, has a hash of its own.
  CHECK(after("plotmill_version", "plotmill_verzion") ==
        Texts{"c.h5: images 0 to 10: HDF5's metadata in the file, which tell where the images are, with attributes and "
              "texts, are not what was written: their hash is another one"});
  stored.forget_metadata("c.h5.plotmill.jsonl");
  CHECK(after("\"width\":60", "\"width\":61") ==
        Texts{"c.h5: the attribute definition differs from the definition in the manifest"});
  CHECK(after("\"threads\":2", "\"threads\":3").empty());  // The images do not depend on it.
  CHECK(after("\"stages\":[", "\"stages\":{") ==
        Texts{"c.h5: the attribute definition is not a definition: no JSON, or not of its form"});
  CHECK(after("plotmill_version", "plotmill_verzion") == Texts{"c.h5: the attribute plotmill_version is missing"});
  fs::remove(stored.folder.file("c.h5.plotmill.jsonl"));
  CHECK(after("\"width\":60", "\"width\":61") == Texts{"c.h5: /images has the width 60, and by the definition 61"});
}

TEST_CASE("verify: image files that are missing, damaged, swapped, and of other images") {
  const StoredRun stored("write_png", R"("name": "{index:03}.png")");
  const auto file = [&](const char* name) { return stored.folder.file(std::string("p/") + name); };
  const std::string place = "p/{index:03}.png: ";
  const std::string third = test::read_bytes(file("003.png"));
  for (std::size_t at = 0; at < third.size(); ++at) {
    CAPTURE(at);
    stored.flip("p/003.png", at);
    const VerifyReport report = stored.verify("p");
    REQUIRE(report.problems.size() == 1);
    CHECK(report.problems.front().first == 3);
    CHECK(report.problems.front().text.find("hash") == std::string::npos);  // Found by the format itself.
    stored.flip("p/003.png", at);
  }
  for (std::size_t n = 0; n < third.size(); ++n) {
    stored.cut("p/003.png", n);
    CHECK(stored.verify("p").problems.size() == 1);
  }
  (void)stored.folder.write("p/003.png", third + "x");
  CHECK(stored.problems("p") == Texts{place + "image 3: other bytes follow the end of the PNG file"});
  (void)stored.folder.write("p/003.png", third);

  fs::rename(file("004.png"), file("x"));
  fs::rename(file("006.png"), file("004.png"));
  fs::rename(file("x"), file("006.png"));
  const std::string other = "the file is whole, but is not the one that was written: its hash is another one";
  CHECK(stored.problems("p") == Texts{place + "image 4: " + other, place + "image 6: " + other});
  fs::remove(file("004.png"));
  fs::remove(file("005.png"));
  CHECK(stored.problems("p") == Texts{place + "images 4 to 5: the file is missing", place + "image 6: " + other});
  CHECK(stored.problems("p", 1) == Texts{place + "images 4 to 5: the file is missing"});
  (void)stored.folder.write("p/012.png", third);
  CHECK(
      stored.verify("p").notes ==
      Texts{stored.folder.file("p") + ": 1 file of other images lie there, which the manifest does not list: 012.png"});
}

TEST_CASE("verify: a JPEG file with any byte flipped or cut off anywhere is found") {
  const StoredRun stored("write_jpeg", R"("name": "{index}.jpg")", 2);
  const std::string first = test::read_bytes(stored.folder.file("p/0.jpg"));
  for (std::size_t at = 0; at < first.size(); ++at) {
    CAPTURE(at);
    stored.flip("p/0.jpg", at);
    CHECK(stored.verify("p").problems.size() == 1);
    stored.flip("p/0.jpg", at);
  }
  for (std::size_t n = 0; n < first.size(); n += 7) {
    stored.cut("p/0.jpg", n);
    CHECK(stored.verify("p").problems.size() == 1);
    (void)stored.folder.write("p/0.jpg", first);
  }
  (void)stored.folder.write("p/0.jpg", first + "x");
  CHECK(stored.problems("p") == Texts{"p/{index}.jpg: image 0: other bytes follow the end of the JPEG file"});
}

TEST_CASE("verify: what is no output") {
  const test::TempDir folder;
  const auto error = [](const std::string& path) { return test::error_of([&] { (void)verify_output(path); }); };
  CHECK(error(folder.path().string()).first == ErrorKind::input);
  CHECK(error(folder.path().string()).second.find("holds nothing that plotmill has written") != std::string::npos);
  REQUIRE(::mkfifo(folder.file("pipe.h5").c_str(), 0600) == 0);
  CHECK(verify_output(folder.file("pipe.h5")).problems.at(0).text == "is not a regular file, which is needed here");
  REQUIRE(::mkfifo(folder.file("charts.h5.plotmill.jsonl").c_str(), 0600) == 0);
  CHECK(verify_output(folder.file("charts.h5")).problems.at(0).message() ==
        folder.file("charts.h5.plotmill.jsonl") + ": is not a regular file");
  CHECK(error(folder.file("no.h5")).second == folder.file("no.h5") + ": cannot be opened: No such file or directory");
}

TEST_CASE("verify: an unfinished file without a manifest is told, one whose manifest is there is not told twice") {
  const StoredRun stored("write_hdf5", R"("images_per_file": 4)");
  (void)stored.folder.write("c_0003.h5.part", "");
  CHECK(stored.problems("").empty());
  (void)stored.folder.write("c.h5.part", "");
  CHECK(stored.problems("").empty());
  (void)stored.folder.write("x.h5.part", "");
  (void)stored.folder.write("x_0000.hdf5.part", "");
  const std::string text = ": is unfinished, and no manifest tells how to go on";
  CHECK(stored.problems("") == std::vector<std::string>{"x.h5.part" + text, "x_0000.hdf5.part" + text});
  const test::TempDir folder;
  const std::string part = folder.write("x.h5.part", "");
  CHECK(verify_output(folder.path().string()).problems.at(0).message() == part + text);
}

TEST_CASE("verify: it can be stopped at any moment, and then throws") {
  for (const char* type : {"write_hdf5", "write_png"}) {
    const bool is_png = type == std::string("write_png");
    const StoredRun stored(type, is_png ? R"("name": "{index}.png")" : R"("dtype": "uint8")", 200);
    for (int most = 1; most < 30; ++most) {
      int n_calls = 0;
      const VerifyOptions options{.threads = 2, .on_progress = [&](const VerifyProgress&) { return ++n_calls < most; }};
      const auto verify = [&] { (void)verify_output(stored.folder.file(is_png ? "p" : "c.h5"), options); };
      CHECK(test::error_of(verify).first == ErrorKind::cancelled);
      CHECK(n_calls == most);
    }
  }
}

TEST_CASE("a run that finds its output complete verifies it") {
  for (const char* type : {"write_hdf5", "write_png"}) {
    const bool is_png = type == std::string("write_png");
    const StoredRun stored(type, is_png ? R"("name": "{index}.png")" : R"("dtype": "uint8")");
    CHECK(stored.run({.resume = true}).images == 0);
    const std::size_t at = is_png ? 60 : chunk_place(stored.folder.file("c.h5"), 5).first + 30;
    stored.flip(is_png ? "p/5.png" : "c.h5", at);
    const auto [kind, text] = test::error_of([&] { (void)stored.run({.resume = true}); });
    CHECK(kind == ErrorKind::io);
    CHECK(text.find("image 5: ") != std::string::npos);
    CHECK(text.find("--force makes it anew") != std::string::npos);
  }
  const StoredRun stored("write_hdf5", R"("dtype": "uint8")");
  Pipeline pipeline = Pipeline::from_json(stored.definition());
  pipeline.cancel();
  CHECK(test::error_of([&] { (void)pipeline.run({.resume = true}); }).first == ErrorKind::cancelled);
}
