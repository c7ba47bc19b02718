// Where in an HDF5 file its metadata lie: all that HDF5 itself needs to find and read what is stored. They have a hash
// of their own in the manifest, so that damage is found before HDF5 reads it: it trusts them, and can give other data,
// loop for ever or crash.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace plotmill {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t n_bytes = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// Of one file that is being written. One thread at a time.
class MetadataRanges {
 public:
  /// With those that earlier runs have recorded.
  explicit MetadataRanges(std::vector<ByteRange> recorded = {});

  /// Metadata were written there. False where memory was refused.
  [[nodiscard]] bool touch(ByteRange range) noexcept;

  /// What was touched since the last call and was not recorded before; from now on it is.
  [[nodiscard]] std::vector<ByteRange> take_new();

  /// All that take_new() has given and was constructed with, in order, each byte once.
  [[nodiscard]] const std::vector<ByteRange>& recorded() const noexcept { return recorded_; }

 private:
  std::vector<ByteRange> touched_;
  std::vector<ByteRange> recorded_;
};

/// The same bytes in order, each once.
[[nodiscard]] std::vector<ByteRange> merged(std::vector<ByteRange> ranges);

/// Reads bytes from an address on; throws where that is not possible.
using ReadBytes = std::function<void(std::uint64_t address, std::span<std::uint8_t> out)>;

/// The hash of these bytes, one range after another, of a file of so many bytes: what is behind its end is left out.
[[nodiscard]] std::string hash_of_ranges(std::span<const ByteRange> ranges, std::uint64_t file_bytes,
                                         const ReadBytes& read);

}  // namespace plotmill
