// Writes images, the series that they show and where these come from to HDF5 files.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "kernels/deflate/encode.hpp"
#include "stages/write/hdf5_output.hpp"
#include "stages/write/learned_code.hpp"

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
                 .words = {"float32", "float64"},
                 .doc = "Also stores the series (/sequences) and where each comes from (/source, /groups). The type of "
                        "/sequences is the least that holds all values of the input, or the one that is given."});
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
    output_.emplace(path_, static_cast<std::uint64_t>(images_per_file_), layout_).open(setup);
  }

  [[nodiscard]] std::optional<std::uint64_t> rehearse(const ImageShape& images, const SeriesShape& series,
                                                      const RunSetup& setup) override {
    prepare(images, series, setup);
    return layout_.bytes_beside_image();
  }

  [[nodiscard]] Footprint footprint() const override {
    const std::uint64_t per_chunk =
        DeflateEncoder::max_chunk_bytes(layout_.pixels, layout_.images_per_chunk) + sizeof(std::size_t);
    // Series that are rounded are in memory once more.
    const std::uint64_t rounded = layout_.sequences == ValueType::float32 ? layout_.sequence_bytes() : 0;
    return {(per_chunk + layout_.images_per_chunk - 1) / layout_.images_per_chunk + rounded, sizeof(DeflateEncoder)};
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

  [[nodiscard]] Stored stored() const override { return output_ ? output_->stored() : Stored{}; }

  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    output_->commit(position, series, encoded);
  }
  void checkpoint() override { output_->checkpoint(); }
  void finish() override { output_->finish(); }
  void abandon() noexcept override {
    if (output_) output_->abandon();
  }

  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return output_ ? output_->bytes_written() : 0; }

 private:
  // All that encode() needs; no file.
  void prepare(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) {
    layout_ = {.pixels = {images, dtype_ == "float32" ? PixelType::float32 : PixelType::uint8},
               .images_per_chunk = static_cast<std::uint32_t>(images_per_chunk_),
               .sequences = sequence_type(series.value_type),
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

  [[nodiscard]] std::optional<ValueType> sequence_type(ValueType of_input) const {
    if (!sequences_.is_on) return {};
    if (sequences_.word.empty()) return of_input;
    return sequences_.word == "float32" ? ValueType::float32 : ValueType::float64;
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

  std::string path_;
  std::string dtype_ = "uint8";
  std::int64_t images_per_chunk_ = 1;
  std::int64_t images_per_file_ = 0;
  BoolOrWord sequences_{true};
  std::string libver_ = "earliest";

  Hdf5ImageLayout layout_;
  std::shared_ptr<Pulse> pulse_;
  std::optional<LearnedCode> code_;
  std::vector<std::optional<DeflateEncoder>> encoders_;  ///< One for each lane, from its first image on.
  std::optional<Hdf5Output> output_;
};

}  // namespace

StageInfo write_hdf5_stage() {
  return {.type = "write_hdf5",
          .summary = "Writes all images into one HDF5 file or a few, with their series, for training.",
          .make = [] { return std::unique_ptr<Writer>(new WriteHdf5); }};
}

}  // namespace plotmill
