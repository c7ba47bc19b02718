// The memory of a GPU, piece by piece, and what no kernel may do with it: reach beyond a piece, use an address that is
// not aligned, read a byte that was never written, and touch a byte that another thread writes with no barrier between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plotmill::test::ptx {

/// Phases are what lies between two barriers; they are counted on through all blocks and launches, from 2. Phase 1 is
/// before all of them.
struct Phases {
  std::uint64_t launch;  ///< The first one of all blocks that run side by side.
  std::uint64_t block;   ///< The first one of this block.
  std::uint64_t now;
};

enum class Contents : std::uint8_t { unwritten, written, read_only };

/// An array as a kernel sees it. Addresses are the caller's to choose.
struct Region {
  std::string name;
  std::uint64_t begin, n_bytes;
  std::byte* bytes;
  Contents contents;
  /// For each byte who wrote it last and who read it last; see access_by() in memory.cpp.
  std::vector<std::uint64_t> written, read;
};

/// One of PTX's state spaces. Every access throws Fault where it must not be, and returns where the bytes lie.
class Memory {
 public:
  explicit Memory(std::string name) : name_(std::move(name)) {}

  /// Declares what lies at [begin, begin + n_bytes). Throws Fault where something is there already.
  void add(std::string name, std::uint64_t begin, std::byte* bytes, std::uint64_t n_bytes, Contents contents);
  void clear() { regions_.clear(); }

  /// What is read must have been written in this phase or later. 1: at any time.
  void must_be_written_since(std::uint64_t phase) { written_since_ = phase; }
  void set_phases(const Phases& phases) { phases_ = phases; }

  [[nodiscard]] std::byte* read(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread);
  [[nodiscard]] std::byte* write(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread);
  /// For an atomic operation, which may meet others.
  [[nodiscard]] std::byte* update(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread);

 private:
  Region& region_at(std::uint64_t address, std::uint32_t n_bytes, std::uint32_t thread, const char* what);
  [[noreturn]] void fail(const std::string& what, std::uint64_t address, std::uint32_t n_bytes,
                         std::uint32_t thread) const;
  [[noreturn]] void race(const Region& region, std::uint64_t i, std::uint64_t earlier, std::uint32_t thread,
                         const char* what) const;
  /// Throws Fault for an access to byte i.
  [[noreturn]] void deny(const Region& region, std::uint64_t i, std::uint32_t thread, const char* what,
                         const std::string& why) const;
  [[nodiscard]] bool meets(std::uint64_t earlier, std::uint64_t mine) const;

  std::string name_;
  std::vector<Region> regions_;  ///< By address.
  std::size_t latest_ = 0;       ///< Of regions_: where the last access was.
  Phases phases_{2, 2, 2};
  std::uint64_t written_since_ = 1;
};

/// Between what one thread and the next have at one address of local memory.
inline constexpr std::uint64_t local_stride = std::uint64_t{1} << 32U;

/// The spaces that a thread sees.
struct Memories {
  Memory global{"global"}, shared{"shared"}, param{"param"}, local{"local"};
};

}  // namespace plotmill::test::ptx
