// What write_png and write_jpeg share: one file for each image in one folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"
#include "stages/files/output_file.hpp"
#include "stages/write/placements.hpp"

namespace plotmill {

/// place() writes each file as NAME.part. At a checkpoint, or when there are many, all of these are brought to the
/// disk, renamed, and listed in the manifest: a file under its final name is whole, even after a power cut. Where there
/// are many, place() renames them, while commit() goes on; the manifest lists them when all of a piece have their
/// names.
class ImageFilesWriter : public Writer {
 public:
  explicit ImageFilesWriter(std::string default_name) : name_(std::move(default_name)) {}

  void declare(Options& options) override;
  [[nodiscard]] std::vector<Fault> check() const override;
  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) final;
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) final;
  [[nodiscard]] Stored stored() const final;
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) final;
  [[nodiscard]] bool leaves_bytes_to_place() const final { return true; }
  void place(BatchPosition position, const Encoded&) final { placements_.run(position.batch); }
  void checkpoint() final;
  void finish() final;
  void abandon() noexcept final;
  [[nodiscard]] std::optional<std::uint64_t> rehearse(const ImageShape& images, const SeriesShape& series,
                                                      const RunSetup& setup) final;
  [[nodiscard]] std::uint64_t bytes_written() const noexcept final { return bytes_written_; }

 protected:
  /// Makes an encoder for each lane. Throws Error (definition) for a shape that the format does not take.
  virtual void make_encoders(const ImageShape& images, std::size_t n_lanes) = 0;

  /// Appends one file.
  virtual void encode_image(const InkImageView& image, std::vector<std::uint8_t>& out, std::size_t lane) = 0;

 private:
  // Bringing files to the disk takes about as long for a thousand as for one.
  static constexpr std::size_t most_unpublished = 4096;
  static constexpr std::size_t named_at_once = 64;

  /// Images of an earlier run, as its manifest has them.
  struct StoredFiles {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::uint64_t n_bytes = 0;
  };
  /// A file that is to be written as .part.
  struct Part {
    bool is_written = false;
    std::uint64_t n_bytes = 0;
    std::string xxh3;
  };
  /// Where the images end that become one line of the manifest, and how many series were bad up to there.
  struct Piece {
    std::uint64_t end = 0;
    std::uint64_t n_bad = 0;
  };
  void check_stored_files(const StoredFiles& stored) const;
  void write_parts(std::uint64_t first, const Encoded& encoded, std::size_t first_item);
  void write_part(std::uint64_t image, std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] std::uint64_t written_end() const;
  void begin_naming();
  void name_parts(std::uint64_t first, std::uint64_t end);
  void list_named(const Piece& piece);
  void publish_many();
  void publish_written();
  void remove_parts() noexcept;
  void sync_folder();

  std::string directory_;
  std::string name_;
  std::optional<FileNamePattern> pattern_;
  std::shared_ptr<Pulse> pulse_;
  FileDescriptor folder_;
  FileUse files_use_;
  FileUse manifest_use_;
  bool made_folder_ = false;
  std::atomic<bool> is_sound_ = true;  ///< Nothing has failed of what makes images durable.
  bool has_named_ = false;             ///< Images have got their final names.
  std::optional<Manifest> manifest_;
  std::uint64_t published_end_ = 0;  ///< Images that the manifest lists.
  std::uint64_t committed_end_ = 0;
  std::uint64_t n_bad_ = 0;        ///< Bad series up to there.
  std::deque<Piece> full_pieces_;  ///< Of the images that were committed.
  std::uint64_t next_piece_end_ = 0;
  bool is_naming_ = false;  ///< The first full piece is being renamed.
  mutable std::mutex parts_mutex_;
  std::deque<Part> parts_;  ///< From the image published_end_ on.
  Placements placements_;
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace plotmill
