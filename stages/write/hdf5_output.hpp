// The output of a write_hdf5 stage: one HDF5 file or several, filled one after another, and their manifest.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plotmill/file_use.hpp"
#include "plotmill/stage.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"
#include "stages/write/hdf5_image_file.hpp"

namespace plotmill {

/// The part of Writer that stores: functions of the same name do what they do there. One thread at a time, but for
/// bytes_written(). They throw Error (io), open() also (definition) and (input), as Manifest does.
class Hdf5Output {
 public:
  /// `images_per_file` is 0 for a single file, PATH; else charts.h5 becomes charts_0000.h5, charts_0001.h5 and so on.
  Hdf5Output(std::string path, std::uint64_t images_per_file, const Hdf5ImageLayout& layout)
      : path_(std::move(path)), images_per_file_(images_per_file), layout_(layout) {}

  /// Begins the output, or goes on with the one that is there, or finds out that it is complete and intact.
  void open(const RunSetup& setup);

  [[nodiscard]] Stored stored() const {
    return manifest_ ? Stored{manifest_->n_images(), manifest_->is_complete()} : Stored{};
  }

  /// Each item of `encoded` is the zlib stream of a whole chunk; the batch begins with one. Throws Error (input,
  /// about_series()) where /sequences is of float32 and has no room for a value; nothing of the batch is stored then.
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded);
  void checkpoint();
  void finish();
  void abandon() noexcept;

  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return bytes_written_; }

 private:
  [[nodiscard]] FileNamePattern file_names() const;
  [[nodiscard]] std::string file_path(std::uint64_t number) const;
  [[nodiscard]] std::string path_beside(const std::string& name) const;
  [[nodiscard]] std::optional<Fault> existing_file() const;
  void check_stored_file(const StoredPiece& piece) const;
  void take_up(const StoredPiece& last);
  void begin_file();
  void finish_file();
  void append(const Sequences& series, const Encoded& encoded, std::size_t first, std::size_t n);
  void store_groups(std::span<const Source> sources);
  void store_skipped(const BadSeries& bad);
  void record(StoredPiece&& piece);
  [[nodiscard]] std::uint64_t file_room() const;

  std::string path_;
  std::uint64_t images_per_file_;
  Hdf5ImageLayout layout_;
  FileUse files_use_;
  FileUse manifest_use_;
  std::optional<Manifest> manifest_;
  std::optional<Hdf5ImageFile> file_;     ///< Full ones are completed when the next image comes, or at the end.
  bool is_consistent_ = true;             ///< All that was begun of a commit() or checkpoint() was done.
  std::uint64_t n_files_ = 0;             ///< Begun.
  std::uint64_t n_images_ = 0;            ///< Appended, over all files.
  std::uint64_t n_bad_ = 0;               ///< Bad series passed.
  std::uint64_t n_bad_stored_ = 0;        ///< As the manifest has it.
  std::vector<std::string> group_names_;  ///< Of all groups seen, by number.
  std::size_t n_groups_used_ = 0;
  std::vector<ByteRange> metadata_;  ///< Of the file to take up, as the manifest lists it.
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace plotmill
