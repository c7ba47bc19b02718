// Files that get their final name when they are complete, for the stages that write.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "plotmill/file_use.hpp"

namespace plotmill {

/// Throws Error (io): "PLACE: WHAT: the system's words for error_number".
[[noreturn]] void throw_io_error(const std::string& place, std::string_view what, int error_number);

/// Owns a file descriptor. Move-only.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { (void)close(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// False, with errno set, where the system reports a failure, which for a written file may mean lost data.
  [[nodiscard]] bool close() noexcept;

 private:
  int fd_ = -1;
};

/// Writes all bytes, however many calls it takes. False, with errno set, on failure.
[[nodiscard]] bool write_all(const FileDescriptor& file, std::span<const std::uint8_t> bytes) noexcept;

/// Creates a file to write, in an open folder or from the working directory (AT_FDCWD), that nobody else has. What has
/// its name, such as what a run that died left aside, is removed: a link is not followed, a pipe not waited for. Empty,
/// with errno set, on failure.
[[nodiscard]] FileDescriptor create_anew(int folder, const std::string& name) noexcept;

/// The folder that a file of this path lies in: "." for a plain name.
[[nodiscard]] std::string folder_of(const std::string& path);

/// Tells a file from all others, whatever names it has, for as long as it is open or has a name.
struct FileId {
  dev_t device;
  ino_t inode;
  bool operator==(const FileId&) const = default;
};

/// Brings what was done to a file or folder to the disk. Throws Error (io).
void sync_to_disk(const std::string& path);

/// One file that is written aside as PATH.part, by whatever library, and renamed when it is complete.
class OutputFile {
 public:
  /// Throws Error (io) where the folder is missing, where PATH exists and `overwrite` is false, and where PATH is
  /// something that a file cannot replace; Error (definition) where a stage reads PATH. Creates nothing.
  OutputFile(std::string path, bool overwrite);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& part_path() const noexcept { return part_path_; }

  /// Creates an empty PATH.part in place of one left by a run that died. Throws Error (io).
  void begin_part();

  /// Goes on with a PATH.part that is there. Throws Error (io) where it is no regular file.
  void take_up_part();

  /// Throws Error (io) where PATH.part is no longer the file that was begun or taken up, but perhaps that of another
  /// run. Returns its size in bytes.
  std::uint64_t require_part() const;

  /// To be called when PATH.part is complete and closed: brings it to the disk, then renames it. A crash at any moment
  /// leaves the old state or the new. Returns its size in bytes. Throws Error (io), also as
  /// require_part() does.
  std::uint64_t publish();

  /// Removes PATH.part if it is still the file that was begun or taken up.
  void discard() noexcept;

 private:
  std::string path_;
  std::string part_path_;
  std::optional<FileId> part_;
};

}  // namespace plotmill
