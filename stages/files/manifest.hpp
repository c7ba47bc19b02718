// The manifest of an output: a file beside it that says how it is made and what of it is stored for good, so that a run
// can be resumed and its outputs be verified. JSON, an object a line; lines are only ever added, each brought to the
// disk:
//
//   {"plotmill_manifest": 1, "plotmill": "0.1.0", "output": "charts.h5", "overwrite": false,
//    "definition": {...}, "definition_xxh3": "...", "input": "..."}
//   {"file": "charts.h5", "images": [0, 5000], ...}       see StoredPiece
//   {"complete": true, "images": 7000}
//
// A last line without an end was cut off by the death of its writer, and counts as not written.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/metadata_ranges.hpp"
#include "stages/files/output_file.hpp"

namespace plotmill {

/// Where an unfinished file can be taken up again: its first `end` bytes, once the journal behind them, if it is still
/// there, has been put in its place. See write/page_journal.hpp.
struct SealedPart {
  std::uint64_t end = 0;
  std::uint64_t journal_bytes = 0;
  std::string journal_xxh3 = {};
};

/// Images that are stored for good.
struct StoredPiece {
  std::string file = {};    ///< Name of the file that they lie in; "" where each image is a file of its own.
  std::uint64_t first = 0;  ///< Numbers of the images over all files of the run: first..end-1.
  std::uint64_t end = 0;
  std::uint64_t n_bytes = 0;             ///< Of image data, as they are stored.
  std::vector<std::string> xxh3 = {};    ///< Of all image data, one image after another; or of each file of an image.
  std::string sequences_xxh3 = {};       ///< Of the images' rows of /sequences; "" where the file has none.
  std::string source_xxh3 = {};          ///< Of their rows of /source as they lie in the file; as above.
  std::uint64_t n_groups = 0;            ///< Groups of which the images up to here have series.
  std::uint64_t n_bad = 0;               ///< Bad series up to here.
  std::optional<SealedPart> part = {};   ///< Of a file that is not complete.
  std::vector<ByteRange> metadata = {};  ///< Where the file has metadata that were not there before this piece.
  std::optional<std::uint64_t> file_bytes = {};  ///< Size of a file that is complete with this piece.
  std::string metadata_xxh3 = {};                ///< Then, of all its metadata, in order.
};

/// The first line.
struct ManifestHead {
  std::string output;      ///< As the definition names it.
  bool overwrite = false;  ///< Whether files that were there before are replaced.
  std::string definition;  ///< JSON: the stages, and of `run` what the images depend on.
  std::optional<std::string> input;
  std::string plotmill_version;
};

/// A manifest as it was read.
struct ManifestContent {
  ManifestHead head;
  std::uint64_t n_images = 0;  ///< Stored.
  bool is_complete = false;
  std::uint64_t n_bytes = 0;  ///< Of the file, without a last line that was cut off.
};

/// A manifest to read; where it cannot be opened, errno says why. Throws Error (input) at once where it is no regular
/// file, such as a pipe that nobody writes to.
[[nodiscard]] std::ifstream open_manifest(const std::string& path);

/// Reads a manifest and calls `take` for each piece. Empty where there is no file or not even a first line. Throws
/// Error (input) with file and line where it is damaged, Error (io).
[[nodiscard]] std::optional<ManifestContent> read_manifest(const std::string& path,
                                                           const std::function<void(StoredPiece&&)>& take);

/// The manifest that belongs to an output: "charts.h5" -> "charts.h5.plotmill.jsonl".
[[nodiscard]] std::string manifest_path(const std::string& output);

/// A manifest that is being written. While it lives, no other process writes to the output. Move-only.
class Manifest {
 public:
  /// Takes a manifest for `output`, to begin it or, with setup.resume, to go on with the one that is there; `take` gets
  /// its pieces then. `existing` says that something of the output is there already. Throws Error (io) where another
  /// process writes it, or where something is there that neither setup.overwrite nor setup.resume allows for; Error
  /// (definition) or (input) where the definition, the version of plotmill or the input of an interrupted run were
  /// other ones.
  Manifest(const std::string& path, const std::string& output, const std::optional<Fault>& existing,
           const RunSetup& setup, const std::function<void(StoredPiece&&)>& take);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Whether files that were there before the run are replaced, also by those that resume it.
  [[nodiscard]] bool overwrites() const noexcept { return overwrites_; }
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  [[nodiscard]] std::uint64_t n_images() const noexcept { return n_images_; }

  /// Writes the first line, unless that is done. To be called before anything of the output is changed: until then a
  /// manifest that is to be replaced is that of the old output, and stays if the run fails. Throws Error (io).
  void begin();

  /// Throws Error (io) unless is_in_place(). To be called before files get their names.
  void require_in_place() const;

  /// Adds a line. When it returns, the line is on the disk. Throws Error (io), also as require_in_place() does; then
  /// the manifest is as before.
  void add(const StoredPiece& piece);
  void complete();

  /// Whether the manifest still has its name. Where that was removed, another run may have begun the output anew.
  [[nodiscard]] bool is_in_place() const noexcept;

  /// Ends the use of the manifest; removes it where it was begun here and tells of nothing, unless it is to be kept all
  /// the same. One that was there before may be of a run that died once images had their names.
  void close(bool keep = false) noexcept;

 private:
  void resume(const ManifestContent& content, const RunSetup& setup);
  void lock();
  void append(const std::string& line);
  /// Throws Error (io) with the output as the place, as whoever reads it may not know of a manifest.
  [[noreturn]] void fail(const std::string& what, int error_number) const;

  std::string path_;
  std::string output_;
  FileDescriptor file_;
  bool overwrites_ = false;
  bool is_complete_ = false;
  std::string first_line_;      ///< Not yet written; "" once it is.
  bool tells_nothing_ = false;  ///< Made or begun here, with not a line but the first.
  std::uint64_t n_images_ = 0;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace plotmill
