// Which paths are meant, and when the library begins to look.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "layer.hpp"

namespace fault_layer {
namespace {

// The library is loaded with the program, so there is room for this beside its own variables; the ordinary way to a
// thread's variable may allocate, and malloc() asks here.
[[gnu::tls_model("initial-exec")]] thread_local int inside = 0;

bool is_ready = false;
std::string* folder = nullptr;  // Never destroyed: other threads may outlive main().

std::string checked(std::string path) {
  return path == *folder || path.starts_with(*folder + "/") ? path : std::string();
}

// "a/./b//c" -> "a/b/c". Neither links nor ".." are followed; no test needs that.
std::string tidied(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    if (!name.empty() && name != ".") out.append("/").append(name);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t n = ::readlink(path.c_str(), text.data(), text.size());
  return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : std::string();
}

[[gnu::constructor]] void begin() {
  const Inside own;
  std::array<char, PATH_MAX> text{};
  const char* const asked = std::getenv("PLOTMILL_FAULT_FOLDER");
  folder = new std::string(asked != nullptr && ::realpath(asked, text.data()) != nullptr ? text.data() : "/none");
  is_ready = true;
}

}  // namespace

int& Inside::depth() noexcept { return inside; }

bool ready() noexcept { return is_ready; }

std::string path_of(int descriptor) {
  constexpr std::string_view deleted = " (deleted)";
  std::string path = read_link("/proc/self/fd/" + std::to_string(descriptor));
  if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
  return checked(std::move(path));
}

std::string path_at(int folder_descriptor, const char* path) {
  if (path == nullptr) return {};
  if (*path == '/') return checked(tidied(path));
  const std::string base = read_link(
      folder_descriptor == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(folder_descriptor));
  return checked(tidied(base + "/" + path));
}

std::uint64_t inode_of(int descriptor) noexcept {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

std::uint64_t inode_at(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace fault_layer
