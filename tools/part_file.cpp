// See part_file.hpp.
#include "part_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "plotmill/error.hpp"

namespace plotmill::tools {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::io, path, what + ": " + std::strerror(errno));
}

std::string folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

void sync_to_disk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  // EINVAL: a file system that has no such thing.
  const bool is_synced = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);
  const int reason = errno;
  if (file >= 0) ::close(file);
  errno = reason;
  if (!is_synced) refuse(path, "cannot be brought to the disk");
}

}  // namespace

PartFile::PartFile(std::string path, bool overwrite)
    : path_(std::move(path)),
      part_path_(path_ + ".part"),
      use_(FileUse::writing(folder_of(path_), std::filesystem::path(path_).filename().string(), path_)) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path_, ignored);
  if (std::filesystem::exists(status)) {
    // Renaming over a device would replace it.
    if (!std::filesystem::is_regular_file(status)) {
      throw Error(ErrorKind::io, path_, "is not a regular file; give the name of one, or of none");
    }
    if (!overwrite) throw Error(ErrorKind::io, path_, "exists already; --force replaces it");
  }
}

void PartFile::begin() {
  std::error_code ignored;
  const auto part = std::filesystem::symlink_status(part_path_, ignored);
  // What lies there may have been left by a dead run, or be what a stage is yet to open: publish() replaces it.
  if (!std::filesystem::exists(part) || std::filesystem::is_directory(part)) create();
}

// Never follows a link: only a file that was not there is created.
void PartFile::create() {
  const int file = ::open(part_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) refuse(part_path_, "cannot be written");
  ::close(file);
  is_part_ours_ = true;
}

void PartFile::publish(const std::function<void(std::ostream&)>& write) {
  if (!is_part_ours_) {
    (void)::unlink(part_path_.c_str());
    create();
  }
  errno = 0;
  std::ofstream stream(part_path_, std::ios::binary | std::ios::trunc);
  write(stream);
  stream.close();
  if (!stream) refuse(part_path_, "cannot be written");
  sync_to_disk(part_path_);
  if (std::rename(part_path_.c_str(), path_.c_str()) != 0) refuse(path_, "cannot be renamed from " + part_path_);
  is_part_ours_ = false;
  sync_to_disk(folder_of(path_));
}

PartFile::~PartFile() {
  if (is_part_ours_) (void)::unlink(part_path_.c_str());
}

}  // namespace plotmill::tools
