// A file about a run, such as its trace: opened before the run, written after it.
#pragma once

#include <fstream>
#include <string>

namespace plotmill::tools {

/// Written as PATH.part and renamed when it is complete. Without publish(), nothing is left.
class PartFile {
 public:
  /// Throws Error (io) where PATH exists and `overwrite` is false, is something that a file cannot replace, or
  /// PATH.part can't be written.
  PartFile(std::string path, bool overwrite);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  [[nodiscard]] std::ostream& stream() noexcept { return stream_; }

  /// Throws Error (io) where anything could not be written.
  void publish();

 private:
  std::string path_, part_path_;
  std::ofstream stream_;
  bool is_published_ = false;
};

}  // namespace plotmill::tools
