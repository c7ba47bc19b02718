// Writes images, the series that they show and where these come from to HDF5 files.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <utility>

#include "kernels/encode_deflate.hpp"
#include "stages/file_name_pattern.hpp"
#include "stages/hdf5_image_file.hpp"
#include "stages/learned_code.hpp"
#include "stages/manifest.hpp"
#include "stages/verify_manifest.hpp"

namespace plotmill {
namespace {

using kernels::DeflateEncoder;
using kernels::PixelType;

class WriteHdf5 final : public Writer {
 public:
  void declare(Options& options) override {
    options.add({.name = "path",
                 .target = &path_,
                 .required = true,
                 .doc = "The file; with images_per_file, charts.h5 becomes charts_0000.h5, charts_0001.h5 and so on.",
                 .example = "charts.h5",
                 .pattern = "[^/]$"});
    options.add({.name = "dtype",
                 .target = &dtype_,
                 .words = {"uint8", "float32"},
                 .doc = "Type of a pixel: gray values 0..255, or the same from 0 to 1."});
    options.add(
        {.name = "images_per_chunk",
         .target = &images_per_chunk_,
         .min = 1,
         .max = 16777216,
         .unit = "images",
         .doc = "Images compressed as one piece: 1 is best for reading single images, more for whole batches."});
    options.add({.name = "images_per_file",
                 .target = &images_per_file_,
                 .min = 0,
                 .max = 1e15,
                 .unit = "images",
                 .doc = "Begins a new file after so many images, a multiple of images_per_chunk; 0 writes one file."});
    options.add({.name = "sequences",
                 .target = &sequences_,
                 .doc = "Also stores the series (/sequences) and where each comes from (/source, /groups)."});
    options.add({.name = "libver",
                 .target = &libver_,
                 .words = {"earliest", "v110"},
                 .doc = "The oldest HDF5 that can read the file: any, or 1.10, which saves 40 bytes for each chunk."});
  }

  [[nodiscard]] std::vector<Fault> check() const override {
    std::vector<Fault> faults;
    if (!std::filesystem::path(path_).has_filename()) {
      faults.push_back({"params/path", fmt::format("\"{}\" does not name a file", path_)});
    }
    if (images_per_chunk_ > 0 && images_per_file_ % images_per_chunk_ != 0) {
      faults.push_back({"params/images_per_file", fmt::format("{} is not a multiple of images_per_chunk, which is {}",
                                                              images_per_file_, images_per_chunk_)});
    }
    return faults;
  }

  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) override {
    prepare(images, series, setup);
    const std::string manifest = manifest_path(path_);
    // What is wrong with the place of the first file is told before anything is created.
    (void)OutputFile(file_path(0), true);
    use_ = FileUse::writing(folder_of(path_), std::filesystem::path(manifest).filename().string(), path_);
    std::optional<StoredPiece> last;
    manifest_.emplace(manifest, path_, existing_file(), setup, [&](StoredPiece&& piece) {
      check_stored_file(piece);
      if (piece.file_bytes) ++n_files_;
      last = std::move(piece);
    });
    if (manifest_->is_complete()) return require_intact(manifest, setup);
    if (last) {
      take_up(*last);
    } else {
      begin_file();
    }
  }

  [[nodiscard]] std::optional<std::uint64_t> rehearse(const ImageShape& images, const SeriesShape& series,
                                                      const RunSetup& setup) override {
    prepare(images, series, setup);
    return layout_.bytes_beside_image();
  }

  [[nodiscard]] Footprint footprint() const override {
    const std::uint64_t per_chunk =
        DeflateEncoder::max_chunk_bytes(layout_.pixels, layout_.images_per_chunk) + sizeof(std::size_t);
    return {(per_chunk + layout_.images_per_chunk - 1) / layout_.images_per_chunk, sizeof(DeflateEncoder)};
  }

  [[nodiscard]] std::size_t n_learned_images() const override { return LearnedCode::n_images; }
  void learn(const Ink& ink) override { code_->learn(ink); }

  [[nodiscard]] std::size_t batch_multiple() const override { return static_cast<std::size_t>(images_per_chunk_); }

  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) override {
    if (position.first_image % layout_.images_per_chunk != 0) {
      throw Error(ErrorKind::internal, fmt::format("a batch begins inside a chunk, at image {}", position.first_image));
    }
    std::optional<DeflateEncoder>& encoder = encoders_[lane];
    if (!encoder) encoder.emplace(code_->get(), layout_.images_per_chunk);
    for (std::size_t i = 0; i < ink.n_images() && pulse_->keep_going(); ++i) {
      if (encoder->add(ink.image(i), out.bytes)) out.begin.push_back(out.bytes.size());
    }
    if (encoder->pad(out.bytes)) out.begin.push_back(out.bytes.size());
  }

  [[nodiscard]] Stored stored() const override {
    return manifest_ ? Stored{manifest_->n_images(), manifest_->is_complete()} : Stored{};
  }

  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    const std::size_t n = series.size();
    const std::size_t per_chunk = layout_.images_per_chunk;
    group_names_.insert(group_names_.end(), series.new_groups.begin(), series.new_groups.end());
    // What a run that was interrupted has stored.
    std::size_t done = static_cast<std::size_t>(std::min<std::uint64_t>(n, n_images_ - position.first_image));
    if (done < n && encoded.n_items() != (n + per_chunk - 1) / per_chunk) {
      throw Error(ErrorKind::internal, fmt::format("{} chunks for {} images", encoded.n_items(), n));
    }
    is_consistent_ = false;
    auto bad = std::ranges::find_if(series.bad, [&](const BadSeries& each) { return each.number >= n_bad_; });
    // Those that were skipped right before an image, or after the last one, lie in the file of the image before them;
    // those that are blank are images themselves.
    const std::size_t before = layout_.on_bad_series == OnBadSeries::skip ? 1 : 0;
    const auto pass_bad = [&](std::size_t end) {
      for (; bad != series.bad.end() && bad->index < end + before; ++bad) {
        if (file_) store_skipped(*bad);
        n_bad_ = bad->number + 1;
      }
    };
    while (done < n) {
      pass_bad(done);
      if (file_ && file_room() == 0) finish_file();
      if (!file_) begin_file();
      const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(n - done, file_room()));
      append(series, encoded, done, take);
      done += take;
      pass_bad(done - before);
    }
    pass_bad(n);
    is_consistent_ = true;
  }

  void checkpoint() override {
    if (!file_ || n_images_ == 0 || (n_images_ == manifest_->n_images() && n_bad_ == n_bad_stored_)) return;
    // What could not be written is lost, and trying again would find nothing that is left to do.
    is_consistent_ = false;
    file_->checkpoint([&](StoredPiece&& piece) { record(std::move(piece)); });
    is_consistent_ = true;
  }

  void finish() override {
    is_consistent_ = false;
    if (!file_ && n_files_ == 0) begin_file();
    if (file_) {
      file_->store_groups(group_names_);
      finish_file();
    }
    manifest_->complete();
    manifest_->close();
  }

  void abandon() noexcept override {
    try {
      if (is_consistent_) checkpoint();
    } catch (const std::exception&) {
      // The last checkpoint holds.
    }
    file_.reset();
    if (manifest_) manifest_->close();
  }

  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return bytes_written_; }

 private:
  // All that encode() needs; no file.
  void prepare(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) {
    layout_ = {.pixels = {images, dtype_ == "float32" ? PixelType::float32 : PixelType::uint8},
               .images_per_chunk = static_cast<std::uint32_t>(images_per_chunk_),
               .sequences = sequences_,
               .on_bad_series = setup.on_bad_series,
               .n_points = series.n_points,
               .n_images = series.n_series,
               .libver = libver_ == "v110" ? H5F_LIBVER_V110 : H5F_LIBVER_EARLIEST,
               .definition = setup.definition,
               .plotmill_version = setup.plotmill_version};
    if (images_per_file_ > 0) {
      const auto most = static_cast<std::uint64_t>(images_per_file_);
      layout_.n_images = std::min(layout_.n_images.value_or(most), most);
    }
    check_chunk_size();
    pulse_ = setup.pulse;
    code_.emplace(layout_.pixels);
    encoders_.resize(setup.n_lanes);
  }

  // HDF5 keeps the size of a chunk in 32 bits.
  void check_chunk_size() const {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    const std::uint64_t image = layout_.pixels.image_bytes();
    if (image * layout_.images_per_chunk <= most) return;
    throw Error(ErrorKind::definition, "params/images_per_chunk",
                fmt::format("{} images of {}x{} {} pixels are {} bytes, and a chunk takes at most {}: {}",
                            layout_.images_per_chunk, layout_.pixels.shape.width, layout_.pixels.shape.height, dtype_,
                            image * layout_.images_per_chunk, most,
                            image <= most ? fmt::format("give {} at most", most / image)
                                          : "draw smaller images or store them as uint8"));
  }

  // A file of an earlier run; finding out at the first file that the last one exists saves a day.
  [[nodiscard]] std::optional<Fault> existing_file() const {
    std::optional<std::string> found;
    if (images_per_file_ > 0) {
      const std::string folder = folder_of(path_);
      if (const auto name = file_names().find_in(folder)) found = (std::filesystem::path(folder) / *name).string();
    } else if (std::error_code error; std::filesystem::exists(std::filesystem::symlink_status(path_, error))) {
      found = path_;
    }
    if (!found) return {};
    return Fault{*found, "exists already; --force replaces it"};
  }

  [[nodiscard]] FileNamePattern file_names() const {
    const std::filesystem::path path(path_);
    return {path.stem().string() + "_", 4, path.extension().string()};
  }

  [[nodiscard]] std::string file_path(std::uint64_t number) const {
    if (images_per_file_ == 0) return path_;
    return std::filesystem::path(path_).replace_filename(file_names().name(number)).string();
  }

  // A file that an interrupted run has completed, but perhaps for its name.
  void check_stored_file(const StoredPiece& piece) const {
    if (!piece.file_bytes) return;
    const std::string path = std::filesystem::path(path_).replace_filename(piece.file).string();
    std::error_code error;
    std::uint64_t size = std::filesystem::file_size(path, error);
    if (error || size != *piece.file_bytes) {
      std::error_code part_error;
      const std::uint64_t part_size = std::filesystem::file_size(path + ".part", part_error);
      if (!part_error && part_size >= *piece.file_bytes) return;
      throw Error(ErrorKind::io, path,
                  error ? "is missing, and " + manifest_path(path_) + " lists it as complete; --force starts anew"
                        : fmt::format("has {} bytes, and had {} when it was complete; --force starts anew", size,
                                      *piece.file_bytes));
    }
  }

  // Goes on where an interrupted run has stopped.
  void take_up(const StoredPiece& last) {
    n_images_ = last.end;
    n_groups_used_ = static_cast<std::size_t>(last.n_groups);
    n_bad_ = last.n_bad;
    n_bad_stored_ = n_bad_;
    OutputFile output(std::filesystem::path(path_).replace_filename(last.file).string(), true);
    const bool has_part = std::filesystem::exists(output.part_path());
    if (last.file_bytes) {
      if (has_part) Hdf5ImageFile::publish(output, last.part.value());
    } else if (has_part) {
      ++n_files_;
      file_.emplace(std::move(output), layout_, last.part.value(), n_images_ - first_of_file());
    } else {
      throw Error(ErrorKind::io, output.part_path(),
                  "is missing, and " + manifest_->path() + " tells of images in it; --force starts anew");
    }
  }

  // Number of the first image of the file that was begun last.
  [[nodiscard]] std::uint64_t first_of_file() const {
    return (n_files_ - 1) * static_cast<std::uint64_t>(images_per_file_);
  }

  void begin_file() {
    file_.emplace(OutputFile(file_path(n_files_), manifest_->overwrites()), layout_);
    ++n_files_;
  }

  void append(const Sequences& series, const Encoded& encoded, std::size_t first, std::size_t n) {
    const std::uint64_t before = file_->payload_bytes();
    file_->append(encoded, first / layout_.images_per_chunk, series, first, n);
    store_groups(std::span(series.sources).subspan(first, n));
    n_images_ += n;
    bytes_written_ += file_->payload_bytes() - before;
  }

  // Up to the last group in use, so that a file is the same however its images were split into batches.
  void store_groups(std::span<const Source> sources) {
    for (const Source& source : sources) n_groups_used_ = std::max(n_groups_used_, std::size_t{source.group} + 1);
    file_->store_groups(std::span(group_names_).first(std::min(n_groups_used_, group_names_.size())));
  }

  void store_skipped(const BadSeries& bad) {
    if (layout_.on_bad_series != OnBadSeries::skip) return;
    store_groups({&bad.source, 1});
    file_->store_skipped(bad);
  }

  void finish_file() {
    const std::uint64_t payload = file_->payload_bytes();
    bytes_written_ += file_->finish([&](StoredPiece&& piece) { record(std::move(piece)); }) - payload;
    file_.reset();
  }

  // Adds to the manifest what has been stored since its last line.
  void record(StoredPiece&& piece) {
    piece.file = std::filesystem::path(file_path(n_files_ - 1)).filename().string();
    piece.first = manifest_->n_images();
    piece.end = n_images_;
    piece.n_groups = n_groups_used_;
    piece.n_bad = n_bad_;
    manifest_->add(piece);
    n_bad_stored_ = n_bad_;
  }

  [[nodiscard]] std::uint64_t file_room() const {
    if (images_per_file_ == 0) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(images_per_file_) - file_->n_images();
  }

  std::string path_;
  std::string dtype_ = "uint8";
  std::int64_t images_per_chunk_ = 1;
  std::int64_t images_per_file_ = 0;
  bool sequences_ = true;
  std::string libver_ = "earliest";

  Hdf5ImageLayout layout_;
  std::shared_ptr<Pulse> pulse_;
  std::optional<LearnedCode> code_;
  std::vector<std::optional<DeflateEncoder>> encoders_;  ///< One for each lane, from its first image on.
  FileUse use_;
  std::optional<Manifest> manifest_;
  std::optional<Hdf5ImageFile> file_;     ///< Full ones are completed when the next image comes, or at the end.
  bool is_consistent_ = true;             ///< All that was begun of a commit() or checkpoint() was done.
  std::uint64_t n_files_ = 0;             ///< Begun.
  std::uint64_t n_images_ = 0;            ///< Appended, over all files.
  std::uint64_t n_bad_ = 0;               ///< Bad series passed.
  std::uint64_t n_bad_stored_ = 0;        ///< As the manifest has it.
  std::vector<std::string> group_names_;  ///< Of all groups seen, by number.
  std::size_t n_groups_used_ = 0;
  std::atomic<std::uint64_t> bytes_written_ = 0;
};

}  // namespace

StageInfo write_hdf5_stage() {
  return {.type = "write_hdf5",
          .summary = "Writes all images into one HDF5 file or a few, with their series, for training.",
          .make = [] { return std::unique_ptr<Writer>(new WriteHdf5); }};
}

}  // namespace plotmill
