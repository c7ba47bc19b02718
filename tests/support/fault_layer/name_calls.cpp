// Calls that make, open, rename and remove names.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "layer.hpp"

using namespace fault_layer;

namespace {

bool passes() noexcept { return !ready() || Inside::now(); }

// Opens with call(), which gives a descriptor or -1.
template <class Call>
int open_with(const char* function, int folder, const char* name, int flags, Call call) {
  if (passes()) return call();
  const Inside own;
  const std::string path = path_at(folder, name);
  if (path.empty()) return call();
  if (const Verdict verdict = judge("open", function, path); verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  const auto lock = recording_lock();
  const std::uint64_t before = recording() ? inode_at(path) : 0;
  const int file = call();
  const int error = errno;
  if (file >= 0 && recording()) {
    const std::uint64_t inode = inode_of(file);
    if ((flags & O_CREAT) != 0 && before == 0) {
      record({.change = Change::create, .inode = inode, .path = path});
    } else if ((flags & O_TRUNC) != 0) {
      record({.change = Change::truncate, .inode = inode, .path = path});
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) record({.change = Change::unknown, .path = "O_TMPFILE"});
  }
  errno = error;
  return file;
}

// What changes one or two names with call(), which gives 0 where it went well.
template <class Call>
int rename_with(const char* group, const char* function, Change change, const std::string& path,
                const std::string& second_path, Call call) {
  if (path.empty() && second_path.empty()) return call();
  const Verdict verdict = judge(group, function, path.empty() ? second_path : path);
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  const auto lock = recording_lock();
  const int result = call();
  const int error = errno;
  if (result == 0) {
    const std::string& made = second_path.empty() ? path : second_path;
    record({.change = change, .inode = inode_at(made), .path = path, .second_path = second_path});
  }
  errno = error;
  return result;
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

int flags_of(const char* mode) {
  if (*mode == 'r') return 0;
  return *mode == 'w' ? O_CREAT | O_TRUNC : O_CREAT;
}

template <class Call>
std::FILE* fopen_with(const char* function, const char* path, const char* mode, Call call) {
  std::FILE* file = nullptr;
  const int made = open_with(function, AT_FDCWD, path, flags_of(mode), [&] {
    file = call();
    return file == nullptr ? -1 : ::fileno(file);
  });
  return made < 0 ? nullptr : file;
}

mode_t mode_of(int flags, va_list& more) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_with("open", AT_FDCWD, path, flags, [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_with("open64", AT_FDCWD, path, flags, [&] { return real(path, flags, mode); });
}

int openat(int folder, const char* path, int flags, ...) {
  static auto* const real = next<int(int, const char*, int, ...)>("openat");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_with("openat", folder, path, flags, [&] { return real(folder, path, flags, mode); });
}

int openat64(int folder, const char* path, int flags, ...) {
  static auto* const real = next<int(int, const char*, int, ...)>("openat64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open_with("openat64", folder, path, flags, [&] { return real(folder, path, flags, mode); });
}

// What a program built with _FORTIFY_SOURCE calls where no mode is given.
int __open_2(const char* path, int flags) { return ::open(path, flags); }
int __open64_2(const char* path, int flags) { return ::open64(path, flags); }
int __openat_2(int folder, const char* path, int flags) { return ::openat(folder, path, flags); }
int __openat64_2(int folder, const char* path, int flags) { return ::openat64(folder, path, flags); }

std::FILE* fopen(const char* path, const char* mode) {
  static auto* const real = next<std::FILE*(const char*, const char*)>("fopen");
  return fopen_with("fopen", path, mode, [&] { return real(path, mode); });
}

std::FILE* fopen64(const char* path, const char* mode) {
  static auto* const real = next<std::FILE*(const char*, const char*)>("fopen64");
  return fopen_with("fopen64", path, mode, [&] { return real(path, mode); });
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
  const auto call = [&] { return real(from_folder, from, to_folder, to, flags); };
  if (passes()) return call();
  const Inside own;
  return rename_with("rename", "renameat2", (flags & RENAME_EXCHANGE) != 0 ? Change::unknown : Change::rename,
                     path_at(from_folder, from), path_at(to_folder, to), call);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static auto* const real = next<int(int, const char*, int, const char*)>("renameat");
  const auto call = [&] { return real(from_folder, from, to_folder, to); };
  if (passes()) return call();
  const Inside own;
  return rename_with("rename", "renameat", Change::rename, path_at(from_folder, from), path_at(to_folder, to), call);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<int(const char*, const char*)>("rename");
  const auto call = [&] { return real(from, to); };
  if (passes()) return call();
  const Inside own;
  return rename_with("rename", "rename", Change::rename, path_at(AT_FDCWD, from), path_at(AT_FDCWD, to), call);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  static auto* const real = next<int(int, const char*, int, const char*, int)>("linkat");
  const auto call = [&] { return real(from_folder, from, to_folder, to, flags); };
  if (passes()) return call();
  const Inside own;
  return rename_with("link", "linkat", Change::link, path_at(from_folder, from), path_at(to_folder, to), call);
}

int link(const char* from, const char* to) noexcept {
  static auto* const real = next<int(const char*, const char*)>("link");
  const auto call = [&] { return real(from, to); };
  if (passes()) return call();
  const Inside own;
  return rename_with("link", "link", Change::link, path_at(AT_FDCWD, from), path_at(AT_FDCWD, to), call);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  static auto* const real = next<int(int, const char*, int)>("unlinkat");
  const auto call = [&] { return real(folder, path, flags); };
  if (passes()) return call();
  const Inside own;
  return rename_with("unlink", "unlinkat", (flags & AT_REMOVEDIR) != 0 ? Change::remove_folder : Change::unlink,
                     path_at(folder, path), {}, call);
}

int unlink(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("unlink");
  const auto call = [&] { return real(path); };
  if (passes()) return call();
  const Inside own;
  return rename_with("unlink", "unlink", Change::unlink, path_at(AT_FDCWD, path), {}, call);
}

int rmdir(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("rmdir");
  const auto call = [&] { return real(path); };
  if (passes()) return call();
  const Inside own;
  return rename_with("unlink", "rmdir", Change::remove_folder, path_at(AT_FDCWD, path), {}, call);
}

int remove(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("remove");
  const auto call = [&] { return real(path); };
  if (passes()) return call();
  const Inside own;
  const std::string absolute = path_at(AT_FDCWD, path);
  return rename_with("unlink", "remove", is_folder(absolute) ? Change::remove_folder : Change::unlink, absolute, {},
                     call);
}

int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  static auto* const real = next<int(int, const char*, mode_t)>("mkdirat");
  const auto call = [&] { return real(folder, path, mode); };
  if (passes()) return call();
  const Inside own;
  return rename_with("mkdir", "mkdirat", Change::make_folder, path_at(folder, path), {}, call);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  const auto call = [&] { return real(path, mode); };
  if (passes()) return call();
  const Inside own;
  return rename_with("mkdir", "mkdir", Change::make_folder, path_at(AT_FDCWD, path), {}, call);
}

}  // extern "C"
