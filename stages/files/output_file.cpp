// See output_file.hpp.
#include "stages/files/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "plotmill/error.hpp"

namespace plotmill {

void throw_io_error(const std::string& place, std::string_view what, int error_number) {
  throw Error(ErrorKind::io, place, std::string(what) + ": " + std::generic_category().message(error_number));
}

bool FileDescriptor::close() noexcept { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

bool write_all(const FileDescriptor& file, std::span<const std::uint8_t> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

FileDescriptor create_anew(int folder, const std::string& name) noexcept {
  const auto create = [&] {
    return FileDescriptor(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  };
  FileDescriptor file = create();
  if (file || errno != EEXIST) return file;
  return ::unlinkat(folder, name.c_str(), 0) == 0 ? create() : FileDescriptor();
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void sync_to_disk(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_io_error(path, "cannot be opened", errno);
  // EINVAL: a file system that has no such thing.
  if (::fsync(file.get()) != 0 && errno != EINVAL) throw_io_error(path, "cannot be brought to the disk", errno);
}

OutputFile::OutputFile(std::string path, bool overwrite) : path_(std::move(path)), part_path_(path_ + ".part") {
  const std::string folder = folder_of(path_);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) throw_io_error(path_, "the folder " + folder + " cannot be used", errno);
  if (!S_ISDIR(status.st_mode)) throw Error(ErrorKind::io, path_, folder + " is not a folder");
  // Before the advice to replace it.
  FileUse::require_unread(path_);
  if (::lstat(path_.c_str(), &status) != 0) {
    if (errno != ENOENT) throw_io_error(path_, "cannot be looked at", errno);
  } else if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::io, path_, "is a folder");
  } else if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
    // Renaming over a device would replace it.
    throw Error(ErrorKind::io, path_, "is not a regular file; give the name of one, or of none");
  } else if (!overwrite) {
    throw Error(ErrorKind::io, path_, "exists already; --force replaces it");
  }
}

void OutputFile::begin_part() {
  const FileDescriptor file = create_anew(AT_FDCWD, part_path_);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) throw_io_error(path_, "cannot be created", errno);
  part_ = FileId{status.st_dev, status.st_ino};
}

void OutputFile::take_up_part() {
  struct stat status {};
  if (::lstat(part_path_.c_str(), &status) != 0) throw_io_error(part_path_, "cannot be looked at", errno);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorKind::io, part_path_, "is not a regular file; --force starts anew");
  part_ = FileId{status.st_dev, status.st_ino};
}

std::uint64_t OutputFile::require_part() const {
  struct stat status {};
  constexpr const char* is_gone = "was removed or replaced while it was written";
  if (::lstat(part_path_.c_str(), &status) != 0) throw_io_error(part_path_, is_gone, errno);
  if (FileId{status.st_dev, status.st_ino} != part_) throw Error(ErrorKind::io, part_path_, is_gone);
  return static_cast<std::uint64_t>(status.st_size);
}

std::uint64_t OutputFile::publish() {
  const std::uint64_t n_bytes = require_part();
  sync_to_disk(part_path_);
  if (std::rename(part_path_.c_str(), path_.c_str()) != 0) {
    throw_io_error(path_, "cannot be renamed from " + part_path_, errno);
  }
  sync_to_disk(folder_of(path_));
  return n_bytes;
}

void OutputFile::discard() noexcept {
  struct stat status {};
  if (::lstat(part_path_.c_str(), &status) != 0 || FileId{status.st_dev, status.st_ino} != part_) return;
  (void)::unlink(part_path_.c_str());
}

}  // namespace plotmill
