// Keeps what a growing file held at its last checkpoint intact until the next one, whatever is written in between: a
// process or machine that dies at any moment leaves a file that can be taken up from its last checkpoint.
//
// What is written behind the end of the checkpoint goes straight to the file. What would change the part before it is
// held in memory, in pages, and read back from there. A checkpoint then
//   1. brings what was added to the disk, and behind it the held pages as a journal,   seal()
//   2. records end and hash of the journal elsewhere,                                  the caller
//   3. puts the pages in their place and brings them to the disk.                      apply()
// Until 2 the old checkpoint holds. After 2 the new one does: restore() repeats 3 where the journal is still whole; it
// is written over only after 3 has ended.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "stages/files/manifest.hpp"
#include "stages/files/metadata_ranges.hpp"
#include "stages/files/output_file.hpp"

namespace plotmill {

/// Of one file, which exists. One thread at a time.
class PageJournal {
 public:
  static constexpr std::size_t page_bytes = 4096;

  /// `stable_end` is the size of the file at its checkpoint; 0: there is none. `metadata` is where it had
  /// metadata then. Throws Error (io), as all that do.
  PageJournal(std::string path, std::uint64_t stable_end, std::vector<ByteRange> metadata = {});

  /// Bytes of the file that must not change.
  [[nodiscard]] std::uint64_t stable_end() const noexcept { return stable_end_; }

  /// Holds back bytes that end at stable_end() at most. False, with errno set, where that failed.
  [[nodiscard]] bool hold(std::uint64_t address, std::span<const std::uint8_t> bytes) noexcept;

  /// Lays what is held over bytes that were read from the file.
  void lay_over(std::uint64_t address, std::span<std::uint8_t> bytes) const noexcept;

  /// Where the file has metadata.
  [[nodiscard]] MetadataRanges& metadata() noexcept { return metadata_; }

  /// The hash of those that are recorded, as the file of end() bytes is to have them.
  [[nodiscard]] std::string hash_metadata() const;

  /// Lets the system begin to bring what was added to the disk, so that seal() finds little left to wait for.
  void write_behind() noexcept;

  /// How many bytes the file is to have; it gets no shorter than stable_end(), as the journal must not lie in what is
  /// to stay.
  void set_end(std::uint64_t end) noexcept { end_ = std::max(end, stable_end_); }
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

  /// Step 1, for end().
  [[nodiscard]] SealedPart seal();
  /// Step 3. After an Error restore() can do it.
  void apply();

  /// Cuts the file off at end(); for when it is complete.
  void cut_off();

  /// Cuts off what was added since the last checkpoint. That counts as made once apply() was called, also where it
  /// failed.
  void roll_back() noexcept;
  [[nodiscard]] bool has_checkpoint() const noexcept { return kept_ > 0; }

  /// Brings a file that a process left behind to the state of a checkpoint.
  static void restore(const std::string& path, const SealedPart& part);

 private:
  using Page = std::vector<std::uint8_t>;

  std::string path_;
  FileDescriptor file_;
  std::uint64_t stable_end_;
  std::uint64_t end_;
  std::uint64_t sealed_ = 0;             ///< Size with the journal of the last seal().
  std::uint64_t kept_;                   ///< Size of what the last checkpoint needs.
  std::uint64_t begun_end_;              ///< Of what write_behind() has begun to write.
  std::map<std::uint64_t, Page> pages_;  ///< By address; the last one may end within a page.
  MetadataRanges metadata_;
};

}  // namespace plotmill
