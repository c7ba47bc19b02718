// PageJournal against an obvious model: whatever the moment of the death, restore() gives the bytes of a checkpoint.
#include "stages/write/page_journal.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "support/file_size_limit.hpp"
#include "support/random_series.hpp"
#include "support/run_reader.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;
using test::Random;
using test::random_below;

namespace {

constexpr std::size_t page_bytes = PageJournal::page_bytes;

/// A file that is written as HDF5's driver does it, and what must be in it.
class ModelFile {
 public:
  explicit ModelFile(const test::TempDir& dir) : path_(dir.write("file.part", "")), spare_(dir.file("spare")) {
    journal_.emplace(path_, 0);
  }

  PageJournal& journal() { return *journal_; }
  const std::string& path() const { return path_; }

  void write(std::uint64_t address, const std::string& bytes) {
    const std::uint64_t stable_end = journal_->stable_end();
    const std::size_t n_held =
        address < stable_end ? std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(stable_end - address)) : 0;
    const std::span all(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (n_held > 0) REQUIRE(journal_->hold(address, all.first(n_held)));
    if (n_held < bytes.size()) {
      const FileDescriptor file(::open(path_.c_str(), O_WRONLY));
      REQUIRE(::pwrite(file.get(), bytes.data() + n_held, bytes.size() - n_held,
                       static_cast<off_t>(address + n_held)) == static_cast<ssize_t>(bytes.size() - n_held));
    }
    if (now.size() < address + bytes.size()) now.resize(address + bytes.size());
    std::ranges::copy(bytes, now.begin() + static_cast<std::ptrdiff_t>(address));
  }

  std::string read(std::uint64_t address, std::size_t n) {
    std::string bytes = test::read_bytes(path_).substr(address, n);
    bytes.resize(n);
    journal_->lay_over(address, {reinterpret_cast<std::uint8_t*>(bytes.data()), n});
    return bytes;
  }

  SealedPart seal() {
    journal_->set_end(now.size());
    return journal_->seal();
  }

  void checkpoint() {
    stable_part = seal();
    journal_->apply();
    stable = now;
  }

  /// The file as a process that dies now leaves it, restored.
  std::string restored(const SealedPart& part) const { return restored(test::read_bytes(path_), part); }

  std::string restored(const std::string& left_behind, const SealedPart& part) const {
    std::ofstream(spare_, std::ios::binary) << left_behind;
    PageJournal::restore(spare_, part);
    std::string once = test::read_bytes(spare_);
    // A process may die while it restores: it must be possible again.
    PageJournal::restore(spare_, part);
    CHECK(test::read_bytes(spare_) == once);
    return once;
  }

  std::string now;         ///< What a reader sees.
  std::string stable;      ///< At the last checkpoint.
  SealedPart stable_part;  ///< Of it.

 private:
  std::string path_;
  std::string spare_;
  std::optional<PageJournal> journal_;
};

std::string random_bytes(Random& random, std::size_t n) {
  std::string bytes(n, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Anywhere in the file, across its end, or behind it; within a page, over its border, and over several.
void write_somewhere(ModelFile& file, Random& random) {
  constexpr std::size_t sizes[] = {1, 8, 100, page_bytes - 1, page_bytes, 2 * page_bytes + 5};
  const std::size_t n = 1 + random_below(random, sizes[random_below(random, std::size(sizes))]);
  const std::size_t address =
      random_below(random, 3) == 0 ? file.now.size() : random_below(random, file.now.size() + 1);
  file.write(address, random_bytes(random, n));
}

ModelFile& fill(ModelFile& file, Random& random, std::size_t n_checkpoints) {
  for (std::size_t i = 0; i < n_checkpoints; ++i) {
    for (int n = 0; n < 8; ++n) write_somewhere(file, random);
    file.checkpoint();
  }
  for (int n = 0; n < 8; ++n) write_somewhere(file, random);
  return file;
}

}  // namespace

TEST_CASE("page journal: reads see every write, and a death at any moment leaves the last checkpoint") {
  const test::TempDir dir(test::memory_folder());
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
    CAPTURE(seed);
    Random random(seed);
    ModelFile file(dir);
    for (int step = 0; step < 120; ++step) {
      CAPTURE(step);
      if (random_below(random, 10) == 0) {
        file.checkpoint();
      } else {
        write_somewhere(file, random);
      }
      const std::size_t at = random_below(random, file.now.size());
      const std::size_t n = 1 + random_below(random, file.now.size() - at);
      REQUIRE((file.read(at, n) == file.now.substr(at, n)));
      if (file.stable.empty() || random_below(random, 4) != 0) continue;
      REQUIRE((file.restored(file.stable_part) == file.stable));
    }
  }
}

TEST_CASE("page journal: a death between seal and apply leaves both checkpoints, by what is recorded of them") {
  const test::TempDir dir(test::memory_folder());
  for (const std::uint32_t seed : {11U, 12U, 13U}) {
    CAPTURE(seed);
    Random random(seed);
    ModelFile file(dir);
    fill(file, random, 2);
    const SealedPart part = file.seal();
    CHECK(part.journal_bytes > 0);
    CHECK((file.restored(file.stable_part) == file.stable));
    CHECK((file.restored(part) == file.now));

    // In the middle of apply(): some of the pages are in place, and of one a part.
    const std::string before = test::read_bytes(file.path());
    file.journal().apply();
    const std::string after = test::read_bytes(file.path());
    REQUIRE(before.size() == after.size());
    for (int trial = 0; trial < 8; ++trial) {
      std::string middle = before;
      for (std::size_t at = 0; at < part.end; at += page_bytes) {
        const std::size_t n = std::min<std::size_t>(page_bytes, part.end - at);
        if (random_below(random, 2) == 0) middle.replace(at, n, after, at, n);
        if (random_below(random, 10) == 0) middle.replace(at, n / 2, after, at, n / 2);
      }
      CHECK((file.restored(middle, part) == file.now));
    }

    // The journal is written over by what comes next, or cut off.
    CHECK((file.restored(part) == file.now));
    CHECK((file.restored(after.substr(0, part.end), part) == file.now));
    const std::string sealed = file.now;
    file.write(file.now.size(), random_bytes(random, 1 + random_below(random, part.journal_bytes)));
    CHECK((file.restored(part) == sealed));
  }
}

TEST_CASE("page journal: a damaged journal is not put in place") {
  const test::TempDir dir(test::memory_folder());
  Random random(21);
  ModelFile file(dir);
  fill(file, random, 1);
  const SealedPart part = file.seal();
  const std::string before = test::read_bytes(file.path());
  for (int trial = 0; trial < 10; ++trial) {
    std::string damaged = before;
    damaged[part.end + random_below(random, part.journal_bytes)] ^= 1;
    CHECK((file.restored(damaged, part) == before.substr(0, part.end)));
  }
  CHECK((file.restored(before.substr(0, before.size() - 1), part) == before.substr(0, part.end)));
}

TEST_CASE("page journal: a file shorter than its checkpoint, or that is gone, is an error that says so") {
  const test::TempDir dir(test::memory_folder());
  const std::string path = dir.write("file", "0123456789");
  test::check_error(ErrorKind::io, path, {"is damaged: it has 10 bytes, and its last checkpoint had 11"}, [&] {
    PageJournal::restore(path, {11, 0, ""});
  });
  CHECK(test::read_bytes(path) == "0123456789");
  test::check_error(ErrorKind::io, dir.file("gone"), {"cannot be opened: No such file or directory"}, [&] {
    PageJournal::restore(dir.file("gone"), {11, 0, ""});
  });
}

TEST_CASE("page journal: a file that gets shorter keeps its checkpoint until the next one holds") {
  const test::TempDir dir(test::memory_folder());
  Random random(31);
  ModelFile file(dir);
  fill(file, random, 2);
  file.journal().set_end(file.stable.size() / 2);
  const SealedPart part = file.journal().seal();
  CHECK((file.restored(file.stable_part) == file.stable));
  CHECK((file.restored(part).substr(0, file.stable.size() / 2) == file.now.substr(0, file.stable.size() / 2)));
  file.journal().apply();
  CHECK((file.restored(part).substr(0, file.stable.size() / 2) == file.now.substr(0, file.stable.size() / 2)));
}

TEST_CASE("page journal: rolled back, the file ends with its checkpoint") {
  const test::TempDir dir(test::memory_folder());
  Random random(41);
  ModelFile file(dir);
  fill(file, random, 2);
  file.journal().roll_back();
  CHECK((test::read_bytes(file.path()) == file.stable));
  CHECK((file.restored(file.stable_part) == file.stable));
}

TEST_CASE("page journal: pages that cannot be put in place stay in the journal, also when the run is given up") {
  const test::TempDir dir(test::memory_folder());
  Random random(51);
  ModelFile file(dir);
  fill(file, random, 2);
  const SealedPart part = file.seal();
  {
    // Below the last page that is held.
    const test::FileSizeLimit limit(1);
    CHECK_THROWS_AS(file.journal().apply(), Error);
  }
  CHECK((file.restored(part) == file.now));
  file.journal().roll_back();
  CHECK((file.restored(part) == file.now));
}
