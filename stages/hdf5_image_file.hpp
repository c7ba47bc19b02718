// One HDF5 file of images, their series and where these come from: what write_hdf5 fills one after another.
//
//   /images     [N][height][width]   uint8 or float32, chunks of whole images, deflate
//   /sequences  [N][n_points]        float32                              \.
//   /source     [N]                  {uint32 group; uint64 first_row;     |
//                                     uint8 blank}                         > unless left out
//   /groups     [G]                  UTF-8 names of the groups, by number  |
//   /skipped    [S]                  {uint32 group; uint64 first_row;     /
//                                     UTF-8 reason}; where bad series are skipped
//   attributes of /: plotmill_version, definition (UTF-8)
//
// `blank` is 1 where the series was bad and its image is blank for that. Without times, so that equal runs give equal
// files; where checkpoints fell shows in the places of things in the file, but not in what any reader sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/ink_code.hpp"
#include "plotmill/stage.hpp"
#include "stages/hdf5_handle.hpp"
#include "stages/output_file.hpp"
#include "stages/page_journal.hpp"

namespace plotmill {

/// What all files of a run have in common.
struct Hdf5ImageLayout {
  kernels::PixelLayout pixels;
  std::uint32_t images_per_chunk = 1;
  bool sequences = true;  ///< Whether there are /sequences, /source and /groups.
  OnBadSeries on_bad_series = OnBadSeries::error;
  std::size_t n_points = 1;
  std::optional<std::uint64_t> n_images;      ///< How many images will come at most, where that is known.
  H5F_libver_t libver = H5F_LIBVER_EARLIEST;  ///< The oldest HDF5 that is to read the files.
  std::string definition;
  std::string plotmill_version;

  /// Bytes that a file grows by for each image, beside its chunk: series, source, and what HDF5 keeps of a chunk.
  [[nodiscard]] std::uint64_t bytes_beside_image() const noexcept;
};

/// Not thread-safe. All functions throw Error (io) with the file as the place; after one the file can only be left,
/// which the destructor does to a file that is not finished: its last checkpoint stays, as PATH.part, if there was one.
class Hdf5ImageFile {
 public:
  /// Writes down for good, elsewhere, that the file can be taken up again so, or that it is complete.
  using Record = std::function<void(const SealedPart& part)>;

  /// Creates PATH.part with empty datasets.
  Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout);

  /// Takes up a PATH.part that was left with this checkpoint, and holds so many images.
  Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout, const SealedPart& part, std::uint64_t n_images);
  Hdf5ImageFile(const Hdf5ImageFile&) = delete;
  Hdf5ImageFile& operator=(const Hdf5ImageFile&) = delete;
  ~Hdf5ImageFile();

  [[nodiscard]] std::uint64_t n_images() const noexcept { return n_images_; }

  /// Bytes of images and series stored so far, and of a file that was taken up the bytes that it had; the library's own
  /// come on top.
  [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }

  /// Appends `n_images` images, whose chunks are the items from `first_item` on, each the zlib stream of a whole chunk,
  /// and the series from `first_series` on. The images in the file so far fill whole chunks.
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
  void create();
  void take_up();
  void make_types();
  Hdf5Handle file_access();
  void create_images();
  void create_series();
  void set_attribute(const char* name, const std::string& value);
  void append_all(const Encoded& encoded, std::size_t first_item, const Sequences& series, std::size_t first_series,
                  std::size_t n_images);
  void append_chunks(const Encoded& encoded, std::size_t first_item, std::size_t n_images);
  void append_sources(const Sequences& series, std::size_t first, std::size_t n);
  void append_rows(const Hdf5Handle& dataset, hid_t memory_type, std::uint64_t row_length, std::uint64_t first,
                   std::uint64_t n, const void* values, const char* what);
  void leave() noexcept;
  /// Throws where a write has failed: HDF5 does not know, see hdf5_output_driver.hpp.
  void check_writes(const std::string& what) const;
  [[noreturn]] void fail(const std::string& what) const;

  OutputFile output_;
  Hdf5ImageLayout layout_;
  bool finished_ = false;
  std::uint64_t n_images_ = 0;
  std::uint64_t n_groups_ = 0;
  std::uint64_t n_skipped_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::vector<std::uint8_t> packed_sources_;  ///< Of one append().
  std::vector<std::uint8_t> conversion_;      ///< Where HDF5 converts texts.
  Hdf5Handle driver_;
  Hdf5Handle file_;
  Hdf5Handle transfer_;  ///< How rows are written: with the buffers of `conversion_`.
  Hdf5Handle text_type_;
  Hdf5Handle source_type_;
  Hdf5Handle skipped_type_;
  Hdf5Handle images_;
  Hdf5Handle sequences_;
  Hdf5Handle source_;
  Hdf5Handle groups_;
  Hdf5Handle skipped_;
  std::optional<PageJournal> journal_;  ///< Outlives the file's handle, which writes through it.
};

}  // namespace plotmill
