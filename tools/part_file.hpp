// A file that the command writes beside the outputs, such as a trace: checked before anything runs, written at the end.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "plotmill/file_use.hpp"

namespace plotmill::tools {

/// Written as PATH.part and renamed when it is complete and on the disk. Without publish(), nothing is left.
class PartFile {
 public:
  /// Throws Error (io) where PATH exists and `overwrite` is false, or is something that a file cannot replace; Error
  /// (definition) where a stage, or another of these files, uses PATH or PATH.part. Stages that open files later find
  /// that both are used. Creates nothing.
  PartFile(std::string path, bool overwrite);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  /// Throws Error (io) where PATH.part can't be created, rather than at the end.
  void begin();

  /// Throws Error (io) where anything could not be written.
  void publish(const std::function<void(std::ostream&)>& write);

 private:
  void create();

  std::string path_, part_path_;
  FileUse use_;
  bool is_part_ours_ = false;
};

}  // namespace plotmill::tools
