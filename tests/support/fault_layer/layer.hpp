// A library for LD_PRELOAD that makes calls of the system fail on purpose, and records what a program does to a folder.
// Files outside the folder are left alone. The environment says what to do; tests/tools/fault_layer.py sets it:
//
//   PLOTMILL_FAULT_FOLDER   the folder
//   PLOTMILL_FAULTS         rules, parted by ';', see rules.cpp
//   PLOTMILL_FAULT_HITS     a file that gets a line for each fault, and at the end how many calls each rule looked at
//   PLOTMILL_FAULT_LOG      a file that gets every change of the folder, see record.cpp
#pragma once

#include <dlfcn.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

namespace fault_layer {

/// The function of that name that would be called without this library.
template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// While one lives, what this thread calls goes straight through: the library's own calls.
class Inside {
 public:
  Inside() noexcept { ++depth(); }
  ~Inside() { --depth(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  [[nodiscard]] static bool now() noexcept { return depth() > 0; }

 private:
  static int& depth() noexcept;
};

/// Whether the settings have been read; before that everything goes through.
[[nodiscard]] bool ready() noexcept;

/// Absolute path of what a descriptor or a call's path stands for; empty where that is not in the folder.
[[nodiscard]] std::string path_of(int descriptor);
[[nodiscard]] std::string path_at(int folder_descriptor, const char* path);

/// What is to happen to a call.
struct Verdict {
  int error = 0;                                                  ///< It fails with this number.
  std::size_t at_most = std::numeric_limits<std::size_t>::max();  ///< It takes no more bytes.
  bool dies = false;                                              ///< Afterwards the process is killed.

  /// Kills the process where that was decided. To be called after a call that took `at_most` bytes.
  void end() const noexcept;
};

/// Asks the rules about a call. `group` is what functions that do the same have in common: "write" of pwrite64().
[[nodiscard]] Verdict judge(std::string_view group, std::string_view function, const std::string& path,
                            std::size_t n_bytes = 0);
/// As judge(), for memory: allocates nothing. True where the memory is to be refused.
[[nodiscard]] bool refuses_memory(std::size_t n_bytes) noexcept;

/// Numbers as tests/tools/power_cut.py knows them.
enum class Change : std::uint32_t {
  create = 1,
  truncate,
  write,
  rename,
  unlink,
  make_folder,
  remove_folder,
  sync,
  sync_all,
  link,
  unknown,
};

/// What the log says about one change. Numbers that a change has no use for are 0.
struct Entry {
  Change change = Change::unknown;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;  ///< Of a write; of a truncation the new size.
  std::string_view path = {}, second_path = {}, data = {};
};

[[nodiscard]] bool recording() noexcept;
/// Held from before a change to after its entry, so that the log has the order in which things happened.
[[nodiscard]] std::unique_lock<std::recursive_mutex> recording_lock();
void record(const Entry& entry);
/// 0 where there is none.
[[nodiscard]] std::uint64_t inode_of(int descriptor) noexcept;
[[nodiscard]] std::uint64_t inode_at(const std::string& path) noexcept;

}  // namespace fault_layer
