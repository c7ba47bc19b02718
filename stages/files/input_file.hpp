// A file to read, with errors that name it. Plain reads, no mapping: a file that shrinks while it is mapped ends the
// process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "plotmill/file_use.hpp"
#include "plotmill/stage.hpp"

namespace plotmill {

class InputFile {
 public:
  InputFile() = default;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { close(); }

  /// Opens the file, also a pipe to which nobody writes yet. Throws Error (input) where there is none or it is a
  /// folder, Error (io) where the system refuses. `pulse` ends the wait of read() for a pipe that is silent.
  void open(const std::string& path, std::shared_ptr<Pulse> pulse);

  /// The same; throws Error (input) where it is no regular file.
  void open_regular(const std::string& path);
  void close() noexcept;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Bytes in the file; throws Error (input) where it is no regular file and so has no size.
  [[nodiscard]] std::uint64_t size() const;

  /// The same; empty for what is no regular file, such as a pipe.
  [[nodiscard]] std::optional<std::uint64_t> size_if_regular() const;

  /// What tells the file from another, in a line for people: its size, the time of its last change, and hashes of its
  /// first and last 64 KiB; empty for what is no regular file. Leaves the place of read() as it is. Throws Error (io).
  [[nodiscard]] std::optional<std::string> identity();

  /// Throws Error (input) where a regular file is shorter than it was when it was opened.
  void check_not_cut() const;

  /// Reads the next bytes. Fewer than asked for: the file ends here. Throws Error (io; input as check_not_cut();
  /// cancelled).
  [[nodiscard]] std::size_t read(std::span<char> out);

  /// Reads from a place of a regular file, otherwise like read().
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<char> out);

 private:
  void wait_for_input() const;

  std::string path_;
  std::shared_ptr<Pulse> pulse_;  ///< Of what may keep a reader waiting; null for a regular file.
  int descriptor_ = -1;
  std::uint64_t opened_size_ = 0;
  FileUse use_;
};

}  // namespace plotmill
