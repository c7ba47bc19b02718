// One HDF5 file of images, as write_hdf5 fills one after another. See hdf5_image_datasets.hpp for what lies in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/data_hash.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/output_file.hpp"
#include "stages/write/hdf5_image_datasets.hpp"
#include "stages/write/hdf5_output_driver.hpp"
#include "stages/write/page_journal.hpp"

namespace plotmill {

/// Not thread-safe. All functions throw Error (io) with the file as the place; after one the file can only be left,
/// which the destructor does to a file that is not finished: its last checkpoint stays, as PATH.part, if there was one.
class Hdf5ImageFile {
 public:
  /// Writes down for good, elsewhere, what has come into the file since the last record, and that it can be taken up
  /// again so or is complete. What the file itself knows of the piece is set: `n_bytes`, the hashes, `part`,
  /// `metadata`, and of a complete file `file_bytes`.
  using Record = std::function<void(StoredPiece&& piece)>;

  /// Creates PATH.part with empty datasets.
  Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout);

  /// Takes up a PATH.part that was left with this checkpoint and with metadata there, and holds so many images.
  Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout, const SealedPart& part,
                std::vector<ByteRange> metadata, std::uint64_t n_images);
  Hdf5ImageFile(const Hdf5ImageFile&) = delete;
  Hdf5ImageFile& operator=(const Hdf5ImageFile&) = delete;
  ~Hdf5ImageFile();

  [[nodiscard]] std::uint64_t n_images() const noexcept { return n_images_; }

  /// Bytes of images and series stored so far, and of a file that was taken up the bytes that it had; the library's own
  /// come on top.
  [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }

  /// Appends `n_images` images, whose chunks are the items from `first_item` on, each the zlib stream of a whole chunk,
  /// and the series from `first_series` on, whose values the type of /sequences can hold. The images in the file so far
  /// fill whole chunks.
  void append(const Encoded& encoded, std::size_t first_item, const Sequences& series, std::size_t first_series,
              std::size_t n_images);

  /// Makes /groups hold at least these names, which begin with those that it holds.
  void store_groups(std::span<const std::string> names);

  /// Appends one to /skipped.
  void store_skipped(const BadSeries& bad);

  /// Brings everything to the disk: the death of the process can't take it any more once `record` returns.
  void checkpoint(const Record& record);

  /// Completes the file, brings it to the disk and gives it its name. Returns its size in bytes.
  std::uint64_t finish(const Record& record);

  /// Gives a file its name of which `record` was told that it is complete.
  static void publish(OutputFile& output, const SealedPart& part);

 private:
  /// What has come into the file since the last record.
  struct Unrecorded {
    std::uint64_t n_bytes = 0;
    DataHash images;
    DataHash sequences;
    DataHash source;
  };

  void create();
  void take_up();
  Hdf5Handle file_access();
  void make_transfer();
  void append_all(const Encoded& encoded, std::size_t first_item, const Sequences& series, std::size_t first_series,
                  std::size_t n_images);
  void append_chunks(const Encoded& encoded, std::size_t first_item, std::size_t n_images);
  void append_sequences(const Sequences& series, std::size_t first, std::size_t n);
  void append_sources(const Sequences& series, std::size_t first, std::size_t n);
  void append_rows(const Hdf5Handle& dataset, hid_t memory_type, std::uint64_t row_length, std::uint64_t first,
                   std::uint64_t n, const void* values, const char* what);
  void flush_texts();
  [[nodiscard]] StoredPiece seal();
  void note(const Record& record, StoredPiece&& piece);
  void leave() noexcept;
  [[noreturn]] void fail(const std::string& what) const { fail_hdf5_write(output_.path(), what); }

  OutputFile output_;
  Hdf5ImageLayout layout_;
  bool finished_ = false;
  std::uint64_t n_images_ = 0;
  std::uint64_t n_groups_ = 0;
  std::uint64_t n_skipped_ = 0;
  std::uint64_t payload_bytes_ = 0;
  Unrecorded unrecorded_;
  std::vector<float> rounded_;                ///< Values of one append(), where they are stored as float32.
  std::vector<std::uint8_t> packed_sources_;  ///< Of one append().
  std::vector<std::uint8_t> conversion_;      ///< Where HDF5 converts texts.
  Hdf5Handle driver_;
  Hdf5Handle file_;
  Hdf5Handle transfer_;  ///< How rows are written: with the buffers of `conversion_`.
  Hdf5ImageDatasets data_;
  std::optional<PageJournal> journal_;  ///< Outlives the file's handle, which writes through it.
};

}  // namespace plotmill
