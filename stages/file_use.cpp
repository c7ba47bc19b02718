// See file_use.hpp.
#include "stages/file_use.hpp"

#include <sys/stat.h>

#include <mutex>
#include <set>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

// Stages of several runs may open files at once.
struct Uses {
  std::mutex mutex;
  std::multiset<std::string> read;
  std::set<std::string> written;
};

Uses& uses() {
  static Uses all;
  return all;
}

// What is the same whichever path leads there.
std::string identity(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace

FileUse FileUse::reading(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return {};
  std::string key = identity(status);
  const std::lock_guard lock(uses().mutex);
  uses().read.insert(key);
  return {Kind::read, std::move(key)};
}

FileUse FileUse::writing(const std::string& folder, const std::string& name, const std::string& path) {
  struct stat status {};
  // What is wrong with the folder is told by whoever creates the file.
  if (::stat(folder.c_str(), &status) != 0) return {};
  std::string key = identity(status) + "/" + name;
  // A link is replaced, not what it points to.
  const bool exists = ::lstat((folder + "/" + name).c_str(), &status) == 0;
  const std::lock_guard lock(uses().mutex);
  if (exists && uses().read.contains(identity(status))) {
    throw Error(ErrorKind::definition, path, "is being read, and writing it would destroy it; give another path");
  }
  if (!uses().written.insert(key).second) {
    throw Error(ErrorKind::definition, path, "is written by another stage, too; give each an output of its own");
  }
  return {Kind::write, std::move(key)};
}

void FileUse::release() noexcept {
  const Kind kind = std::exchange(kind_, Kind::none);
  if (kind == Kind::none) return;
  const std::lock_guard lock(uses().mutex);
  if (kind == Kind::write) {
    uses().written.erase(key_);
  } else if (const auto found = uses().read.find(key_); found != uses().read.end()) {
    uses().read.erase(found);
  }
}

}  // namespace plotmill
