// See available_memory.hpp.
#include "engine/run/available_memory.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace plotmill {
namespace {

using std::filesystem::path;

constexpr std::uint64_t least = std::uint64_t{64} << 20U;
constexpr std::uint64_t where_unknown = std::uint64_t{1} << 30U;

// The number of a file that holds nothing else; empty for "max", and where there is no such file.
std::optional<std::uint64_t> number_in(const path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  if (in >> number) return number;
  return {};
}

// The number after `name` in a file of such lines.
std::optional<std::uint64_t> number_after(const path& file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t number = 0;
    if (words >> word && word == name && words >> number) return number;
  }
  return {};
}

void lower(std::optional<std::uint64_t>& least_of, std::optional<std::uint64_t> n) {
  if (n) least_of = std::min(least_of.value_or(*n), *n);
}

/// Where a version of control groups has its figures.
struct Files {
  const char *limit, *used, *stat, *cached;
};
constexpr Files version_2{"memory.max", "memory.current", "memory.stat", "inactive_file"};
constexpr Files version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat", "total_inactive_file"};

// What the limit of a group leaves; of files that are cached, the system gives memory back.
std::optional<std::uint64_t> left_in(const path& group, const Files& files) {
  const auto limit = number_in(group / files.limit);
  if (!limit) return {};
  const std::uint64_t used = number_in(group / files.used).value_or(0);
  const std::uint64_t cached = number_after(group / files.stat, files.cached).value_or(0);
  return *limit - std::min(*limit, used - std::min(used, cached));
}

void lower_by_groups(std::optional<std::uint64_t>& most, const path& top, path group, const Files& files) {
  for (;; group = group.parent_path()) {
    lower(most, left_in(top / group.relative_path(), files));
    if (group == group.parent_path()) return;
  }
}

}  // namespace

std::optional<std::uint64_t> available_memory(const path& root) {
  std::optional<std::uint64_t> most;
  if (const auto kib = number_after(root / "proc/meminfo", "MemAvailable:")) most = *kib * 1024;
  const path groups = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  // "0::/path" of version 2, "4:memory:/path" of version 1.
  for (std::string line; std::getline(in, line);) {
    const std::size_t name = line.find(':') + 1;
    const std::size_t at = line.find(':', name);
    if (name == 0 || at == std::string::npos) continue;
    const std::string controllers = "," + line.substr(name, at - name) + ",";
    if (controllers == ",,") lower_by_groups(most, groups, line.substr(at + 1), version_2);
    if (controllers.find(",memory,") != std::string::npos) {
      lower_by_groups(most, groups / "memory", line.substr(at + 1), version_1);
    }
  }
  return most;
}

std::uint64_t auto_memory(std::optional<std::uint64_t> available) {
  if (!available) return where_unknown;
  return std::max(std::bit_floor(*available / 2), least);
}

}  // namespace plotmill
