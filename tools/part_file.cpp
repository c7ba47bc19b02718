// See part_file.hpp.
#include "part_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "plotmill/error.hpp"

namespace plotmill::tools {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::io, path, what + ": " + std::strerror(errno));
}

}  // namespace

PartFile::PartFile(std::string path, bool overwrite) : path_(std::move(path)), part_path_(path_ + ".part") {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path_, ignored);
  if (std::filesystem::exists(status)) {
    // Renaming over a device would replace it.
    if (!std::filesystem::is_regular_file(status)) {
      throw Error(ErrorKind::io, path_, "is not a regular file; give the name of one, or of none");
    }
    if (!overwrite) throw Error(ErrorKind::io, path_, "exists already; --force replaces it");
  }
  errno = 0;
  stream_.open(part_path_, std::ios::binary | std::ios::trunc);
  if (!stream_) refuse(part_path_, "cannot be written");
}

void PartFile::publish() {
  errno = 0;
  stream_.close();
  if (!stream_) refuse(part_path_, "cannot be written");
  if (std::rename(part_path_.c_str(), path_.c_str()) != 0) refuse(path_, "cannot be renamed from " + part_path_);
  is_published_ = true;
}

PartFile::~PartFile() {
  if (!is_published_) (void)std::remove(part_path_.c_str());
}

}  // namespace plotmill::tools
