#include "support/ptx/memory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "support/ptx/fault.hpp"

namespace plotmill::test::ptx {
namespace {

// An access is a phase, then whether it was atomic, then the thread, or several: they all differ from any one thread.
constexpr unsigned phase_shift = 16;
constexpr std::uint64_t atomic_bit = 0x8000;
constexpr std::uint64_t several = 0x7FFF;

constexpr std::uint64_t access_by(std::uint64_t phase, std::uint64_t thread) { return phase << phase_shift | thread; }
constexpr std::uint64_t phase_of(std::uint64_t access) { return access >> phase_shift; }
constexpr std::uint64_t thread_of(std::uint64_t access) { return access & several; }

}  // namespace

void Memory::add(std::string name, std::uint64_t begin, std::byte* bytes, std::uint64_t n_bytes, Contents contents) {
  for (const Region& other : regions_) {
    if (begin < other.begin + other.n_bytes && other.begin < begin + n_bytes) {
      throw Fault(name + " and " + other.name + " overlap in " + name_ + " memory");
    }
  }
  const std::uint64_t first = contents == Contents::unwritten ? 0 : access_by(1, 0);
  // Nobody writes to it, so nobody asks who read it.
  const std::size_t n_readers = contents == Contents::read_only ? 0 : n_bytes;
  const auto at = std::ranges::upper_bound(regions_, begin, {}, &Region::begin);
  regions_.insert(at, {std::move(name), begin, n_bytes, bytes, contents, std::vector<std::uint64_t>(n_bytes, first),
                       std::vector<std::uint64_t>(n_readers, 0)});
}

std::byte* Memory::read(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread) {
  Region& region = region_at(address, n_bytes, thread, "reads");
  const std::uint64_t first = address - region.begin;
  if (region.contents == Contents::read_only) return region.bytes + first;
  const std::uint64_t mine = access_by(phases_.now, thread);
  for (std::uint64_t i = first; i < first + n_bytes; ++i) {
    const std::uint64_t writer = region.written[i];
    if (phase_of(writer) < written_since_) deny(region, i, thread, "reads", "which was never written");
    if (meets(writer, mine)) race(region, i, writer, thread, "reads");
    std::uint64_t& reader = region.read[i];
    if (reader == mine) continue;
    reader = phase_of(reader) == phases_.now ? access_by(phases_.now, several) : mine;
  }
  return region.bytes + first;
}

std::byte* Memory::write(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread) {
  Region& region = region_at(address, n_bytes, thread, "writes");
  if (region.contents == Contents::read_only) deny(region, address - region.begin, thread, "writes", "an input");
  const std::uint64_t first = address - region.begin;
  const std::uint64_t mine = access_by(phases_.now, thread);
  for (std::uint64_t i = first; i < first + n_bytes; ++i) {
    if (meets(region.written[i], mine)) race(region, i, region.written[i], thread, "writes");
    if (meets(region.read[i], mine)) race(region, i, region.read[i], thread, "writes");
    region.written[i] = mine;
  }
  return region.bytes + first;
}

std::byte* Memory::update(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread) {
  Region& region = region_at(address, n_bytes, thread, "updates");
  if (region.contents == Contents::read_only) deny(region, address - region.begin, thread, "updates", "an input");
  const std::uint64_t first = address - region.begin;
  const std::uint64_t mine = access_by(phases_.now, thread);
  for (std::uint64_t i = first; i < first + n_bytes; ++i) {
    std::uint64_t& writer = region.written[i];
    if (phase_of(writer) < written_since_) deny(region, i, thread, "updates", "which was never written");
    const bool other = meets(writer, mine);
    if (other && (writer & atomic_bit) == 0) race(region, i, writer, thread, "updates");
    if (meets(region.read[i], mine)) race(region, i, region.read[i], thread, "updates");
    writer = atomic_bit | (other ? access_by(phases_.now, several) : mine);
  }
  return region.bytes + first;
}

/// Whether an earlier access was by another thread with no barrier between. Blocks run side by side on a GPU.
bool Memory::meets(std::uint64_t earlier, std::uint64_t mine) const {
  const std::uint64_t phase = phase_of(earlier);
  if (phase < phases_.launch) return false;
  return phase < phases_.block || (phase == phases_.now && thread_of(earlier) != thread_of(mine));
}

Region& Memory::region_at(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread, const char* what) {
  const auto holds = [=](const Region& region) {
    return address - region.begin < region.n_bytes && region.n_bytes - (address - region.begin) >= n_bytes;
  };
  if (latest_ >= regions_.size() || !holds(regions_[latest_])) {
    const auto after = std::ranges::upper_bound(regions_, address, {}, &Region::begin);
    if (after == regions_.begin() || !holds(*std::prev(after))) {
      fail(std::string(what) + " out of bounds", address, n_bytes, thread);
    }
    latest_ = static_cast<std::size_t>(std::prev(after) - regions_.begin());
  }
  if (address % n_bytes != 0) fail(std::string(what) + " at an address that is not aligned", address, n_bytes, thread);
  return regions_[latest_];
}

void Memory::fail(const std::string& what, std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread) const {
  std::string near;
  if (const auto after = std::ranges::upper_bound(regions_, address, {}, &Region::begin); after != regions_.begin()) {
    const Region& region = *std::prev(after);
    near = ", byte " + std::to_string(address - region.begin) + " of " + region.name + ", which has " +
           std::to_string(region.n_bytes);
  }
  throw Fault("thread " + std::to_string(thread) + " " + what + ": " + std::to_string(n_bytes) + " bytes of " + name_ +
              " memory at " + std::to_string(address) + near);
}

void Memory::race(const Region& region, std::uint64_t i, std::uint64_t earlier, std::uint32_t thread,
                  const char* what) const {
  const std::string other = phase_of(earlier) < phases_.block ? "another block"
                            : thread_of(earlier) == several   ? "several threads"
                                                              : "thread " + std::to_string(thread_of(earlier));
  deny(region, i, thread, what, "which " + other + " used with no barrier between");
}

void Memory::deny(const Region& region, std::uint64_t i, std::uint32_t thread, const char* what,
                  const std::string& why) const {
  throw Fault("thread " + std::to_string(thread) + " " + what + " byte " + std::to_string(i) + " of " + region.name +
              " (" + name_ + " memory), " + why);
}

}  // namespace plotmill::test::ptx
