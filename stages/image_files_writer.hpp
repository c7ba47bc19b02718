// What write_png and write_jpeg share: one file for each image in one folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/file_name_pattern.hpp"
#include "stages/output_file.hpp"

namespace plotmill {

/// Each file is written as NAME.part and renamed, so that a file under its final name is whole as far as other
/// processes can see. Only the folder is brought to the disk at the end, not each file: after a power cut the last
/// files may be empty.
class ImageFilesWriter : public Writer {
 public:
  explicit ImageFilesWriter(std::string default_name) : name_(std::move(default_name)) {}

  void declare(Options& options) override;
  [[nodiscard]] std::vector<Fault> check() const override;
  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) final;
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) final;
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) final;
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
  void write_file(const std::string& name, std::span<const std::uint8_t> bytes);

  std::string directory_;
  std::string name_;
  std::optional<FileNamePattern> pattern_;
  std::shared_ptr<Pulse> pulse_;
  FileDescriptor folder_;
  FileUse use_;
  bool made_folder_ = false;
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace plotmill
