// See file_use.hpp.
#include "plotmill/file_use.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

// Stages of several runs may open files at once.
struct Uses {
  std::mutex mutex;
  std::multiset<std::string> read;
  std::map<std::string, std::string> written;  // Key and path.
};

Uses& uses() {
  static Uses all;
  return all;
}

constexpr std::string_view index_mark = "{index}";
constexpr const char* part_ending = ".part";

bool are_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// Whether a number and one of two beginnings (or ends) can give the same text with the other one.
bool can_begin_alike(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && are_digits(b.substr(a.size()));
}
bool can_end_alike(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.ends_with(a) && are_digits(b.substr(0, b.size() - a.size()));
}

// Whether a file may have both names, each of which may be a pattern. Leading zeros do not count: the numbers grow.
bool can_be_same(std::string_view a, std::string_view b) {
  const std::size_t mark_a = a.find(index_mark);
  const std::size_t mark_b = b.find(index_mark);
  if (mark_a == std::string_view::npos && mark_b == std::string_view::npos) return a == b;
  if (mark_a == std::string_view::npos) return can_be_same(b, a);
  const std::string_view prefix = a.substr(0, mark_a);
  const std::string_view suffix = a.substr(mark_a + index_mark.size());
  if (mark_b == std::string_view::npos) {
    return b.size() > prefix.size() + suffix.size() && b.starts_with(prefix) && b.ends_with(suffix) &&
           are_digits(b.substr(prefix.size(), b.size() - prefix.size() - suffix.size()));
  }
  return can_begin_alike(prefix, b.substr(0, mark_b)) && can_end_alike(suffix, b.substr(mark_b + index_mark.size()));
}

// Of a use that writes: the folder, which has no slash in it, and the name.
bool is_conflict(std::string_view key, std::string_view other) {
  const std::size_t folder = key.find('/');
  if (key.substr(0, folder) != other.substr(0, other.find('/'))) return false;
  const std::string name(key.substr(folder + 1));
  const std::string other_name(other.substr(other.find('/') + 1));
  return can_be_same(name, other_name) || can_be_same(name + part_ending, other_name) ||
         can_be_same(name, other_name + part_ending);
}

// What is the same whichever path leads there.
std::string identity(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace

FileUse FileUse::reading(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
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
  require_unread(path);
  require_unread(path + part_ending);
  const std::lock_guard lock(uses().mutex);
  if (std::ranges::any_of(uses().written, [&](const auto& other) { return is_conflict(key, other.first); })) {
    throw Error(ErrorKind::definition, path, "is written for something else, too; give each a path of its own");
  }
  uses().written.emplace(key, path);
  return {Kind::write, std::move(key)};
}

void FileUse::require_unread(const std::string& path) {
  // A link is replaced, not what it points to.
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  const std::lock_guard lock(uses().mutex);
  if (!uses().read.contains(identity(status))) return;
  throw Error(ErrorKind::definition, path, "is being read, and writing it would destroy it; give another path");
}

void FileUse::require_unwritten(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  const auto is_it = [id = identity(status)](const std::string& written) {
    struct stat other {};
    return ::lstat(written.c_str(), &other) == 0 && identity(other) == id;
  };
  const std::lock_guard lock(uses().mutex);
  for (const auto& [key, written] : uses().written) {
    if (!is_it(written) && !is_it(written + part_ending)) continue;
    throw Error(ErrorKind::definition, path, "is to be written, too, as " + written + "; give another path");
  }
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
