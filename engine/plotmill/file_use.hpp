// Who reads and writes which file, so that stages of one process, and the program around them, do not destroy each
// other's data.
#pragma once

#include <string>
#include <utility>

#include "plotmill/export.hpp"

namespace plotmill {

/// Says that a stage, or the program itself, uses a file, for as long as it lives; known in the whole process, and to
/// nobody else. Move-only. All static functions are for any thread.
class PLOTMILL_EXPORT FileUse {
 public:
  FileUse() = default;
  FileUse(FileUse&& other) noexcept : kind_(std::exchange(other.kind_, Kind::none)), key_(std::move(other.key_)) {}
  FileUse& operator=(FileUse&& other) noexcept {
    if (this != &other) {
      release();
      kind_ = std::exchange(other.kind_, Kind::none);
      key_ = std::move(other.key_);
    }
    return *this;
  }
  ~FileUse() { release(); }

  /// Of a file that is there, which is not to be replaced while it is read. Many may read one file.
  [[nodiscard]] static FileUse reading(const std::string& path);

  /// Of the file `name`, or where that has an "{index}" in it, of all files with a number there, in a folder, whichever
  /// path leads there, and of NAME.part, as which it is written first. Throws Error (definition) with `path` as the
  /// place where another use writes any of them, or as require_unread() does.
  [[nodiscard]] static FileUse writing(const std::string& folder, const std::string& name, const std::string& path);

  /// Throws Error (definition) where another use reads this file.
  static void require_unread(const std::string& path);

  /// Throws Error (definition) where another use writes this file, which is there, other than as one of many.
  static void require_unwritten(const std::string& path);

  void release() noexcept;

 private:
  enum class Kind { none, read, write };
  FileUse(Kind kind, std::string key) : kind_(kind), key_(std::move(key)) {}

  Kind kind_ = Kind::none;
  std::string key_;  ///< As the list of such uses has it.
};

}  // namespace plotmill
