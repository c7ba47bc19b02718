// What write_png and write_jpeg share: one file for each image in one folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"
#include "stages/files/output_file.hpp"

namespace plotmill {

/// Each file is written as NAME.part. At a checkpoint, or when there are many, all of these are brought to the disk,
/// renamed, and listed in the manifest: a file under its final name is whole, even after a power cut.
class ImageFilesWriter : public Writer {
 public:
  explicit ImageFilesWriter(std::string default_name) : name_(std::move(default_name)) {}

  void declare(Options& options) override;
  [[nodiscard]] std::vector<Fault> check() const override;
  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) final;
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) final;
  [[nodiscard]] Stored stored() const final;
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) final;
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

  /// Images of an earlier run, as its manifest has them.
  struct StoredFiles {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::uint64_t n_bytes = 0;
  };
  void check_stored_files(const StoredFiles& stored) const;
  void write_part(std::uint64_t image, std::span<const std::uint8_t> bytes);
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
  bool is_sound_ = true;    ///< No checkpoint() has failed.
  bool has_named_ = false;  ///< Images have got their final names.
  std::optional<Manifest> manifest_;
  StoredPiece unpublished_;  ///< Files written as .part.
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace plotmill
