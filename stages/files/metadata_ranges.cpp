// See metadata_ranges.hpp.
#include "stages/files/metadata_ranges.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "stages/files/data_hash.hpp"

namespace plotmill {
namespace {

constexpr std::size_t least_room = 1024;
constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

std::uint64_t end_of(const ByteRange& range) { return range.begin + range.n_bytes; }

// In place, as it runs while HDF5 writes.
void merge(std::vector<ByteRange>& ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::begin);
  std::size_t n = 0;
  for (const ByteRange& range : ranges) {
    if (n > 0 && range.begin <= end_of(ranges[n - 1])) {
      ranges[n - 1].n_bytes = std::max(end_of(ranges[n - 1]), end_of(range)) - ranges[n - 1].begin;
    } else {
      ranges[n++] = range;
    }
  }
  ranges.resize(n);
}

// What is in `ranges` and not in `known`; both are merged.
std::vector<ByteRange> difference(std::span<const ByteRange> ranges, std::span<const ByteRange> known) {
  std::vector<ByteRange> result;
  for (ByteRange rest : ranges) {
    while (!known.empty() && end_of(known.front()) <= rest.begin) known = known.subspan(1);
    for (const ByteRange& each : known) {
      if (each.begin >= end_of(rest)) break;
      if (each.begin > rest.begin) result.push_back({rest.begin, each.begin - rest.begin});
      const std::uint64_t end = end_of(rest);
      rest.begin = std::min(end, end_of(each));
      rest.n_bytes = end - rest.begin;
    }
    if (rest.n_bytes > 0) result.push_back(rest);
  }
  return result;
}

}  // namespace

std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  merge(ranges);
  return ranges;
}

MetadataRanges::MetadataRanges(std::vector<ByteRange> recorded) : recorded_(merged(std::move(recorded))) {
  touched_.reserve(least_room);
}

bool MetadataRanges::touch(ByteRange range) noexcept try {
  // HDF5 writes the same again and again.
  if (touched_.size() == touched_.capacity()) {
    merge(touched_);
    if (touched_.size() >= touched_.capacity() / 2) touched_.reserve(2 * touched_.capacity());
  }
  touched_.push_back(range);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

std::vector<ByteRange> MetadataRanges::take_new() {
  merge(touched_);
  std::vector<ByteRange> added = difference(touched_, recorded_);
  touched_.clear();
  recorded_.insert(recorded_.end(), added.begin(), added.end());
  merge(recorded_);
  return added;
}

std::string hash_of_ranges(std::span<const ByteRange> ranges, std::uint64_t file_bytes, const ReadBytes& read) {
  DataHash hash;
  std::vector<std::uint8_t> block(piece_bytes);
  for (const ByteRange& range : ranges) {
    if (range.begin >= file_bytes) continue;
    const std::uint64_t end = range.begin + std::min(range.n_bytes, file_bytes - range.begin);
    for (std::uint64_t address = range.begin; address < end;) {
      const auto bytes = std::span(block).first(std::min<std::uint64_t>(block.size(), end - address));
      read(address, bytes);
      hash.add(std::as_bytes(bytes));
      address += bytes.size();
    }
  }
  return hash.text();
}

}  // namespace plotmill
