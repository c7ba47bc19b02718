// See hdf5.hpp.
#include "stages/verify/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include "stages/files/input_file.hpp"
#include "stages/files/manifest_lines.hpp"
#include "stages/verify/hdf5_chunks.hpp"
#include "stages/verify/hdf5_dataset.hpp"
#include "stages/verify/hdf5_series.hpp"

namespace plotmill {
namespace {

constexpr std::uint64_t most_pixels_each_way = 65535;
constexpr std::uint64_t most_chunk_bytes = 0xffffffff;

class FileCheck {
 public:
  FileCheck(const std::string& path, const ExpectedHdf5File* expected, VerifyRun& run)
      : path_(path), expected_(expected), run_(run) {}

  void check() {
    run_.findings.count_file();
    if (!open()) return;
    check_attributes();
    const auto data = open_images();
    if (!data) return;
    const auto images = check_shape(*data);
    if (!images) return;
    verify_hdf5_chunks(path_, *images, expected_, run_);
    verify_hdf5_series(path_, file_, data->n_rows(), images->file_bytes, expected_, run_);
  }

 private:
  void fail(std::string text) { run_.findings.add(path_, std::move(text)); }

  // About all images that should be in the file.
  bool fail_all(std::string text) {
    if (expected_ != nullptr && expected_->n_images() > 0) {
      run_.findings.add(path_, 0, expected_->n_images(), std::move(text));
    } else {
      fail(std::move(text));
    }
    return false;
  }

  bool open() {
    try {
      input_.open_regular(path_);
      n_bytes_ = input_.size();
    } catch (const Error& error) {
      return fail_all(error.faults().front().text);
    }
    if (expected_ != nullptr && expected_->pieces.back().file_bytes.value_or(n_bytes_) != n_bytes_) {
      const std::string text = fmt::format("the file has {} bytes, and had {} when it was complete", n_bytes_,
                                           *expected_->pieces.back().file_bytes);
      // Where something lies behind the end, HDF5 is not asked: it is known to crash there.
      if (n_bytes_ < *expected_->pieces.back().file_bytes) return fail_all(text);
      fail(text);
    }
    if (!check_metadata()) return false;
    const Hdf5Section section;
    file_ = Hdf5Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    return file_ ? true : fail_all(with_hdf5_reason("the file cannot be opened as an HDF5 file"));
  }

  // Before HDF5 sees the file: damaged metadata can keep it busy for ever, end the process, or give other images.
  bool check_metadata() {
    if (expected_ == nullptr || expected_->pieces.back().metadata_xxh3.empty()) return true;
    std::vector<ByteRange> ranges;
    for (const StoredPiece& piece : expected_->pieces) {
      ranges.insert(ranges.end(), piece.metadata.begin(), piece.metadata.end());
    }
    const auto read = [this](std::uint64_t address, std::span<std::uint8_t> out) {
      run_.keep_going();
      (void)input_.read_at(address, {reinterpret_cast<char*>(out.data()), out.size()});
    };
    try {
      if (hash_of_ranges(merged(std::move(ranges)), n_bytes_, read) == expected_->pieces.back().metadata_xxh3)
        return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      return fail_all(error.faults().front().text);
    }
    return fail_all(
        "HDF5's metadata in the file, which tell where the images are, with attributes and texts, are not "
        "what was written: their hash is another one");
  }

  void check_attributes() {
    const Hdf5Section section;
    std::string fault;
    if (!read_attribute(file_, "plotmill_version", fault)) fail(fault);
    const auto definition = read_attribute(file_, "definition", fault);
    if (!definition) return fail(fault);
    std::string lasting;
    try {
      lasting = lasting_definition(*definition);
    } catch (const std::exception&) {
      return fail("the attribute definition is not a definition: no JSON, or not of its form");
    }
    if (expected_ == nullptr) {
      stage_ = find_hdf5_stage(lasting);
    } else if (lasting != expected_->definition) {
      fail("the attribute definition differs from the definition in the manifest");
    }
  }

  std::optional<VerifyDataset> open_images() {
    const Hdf5Section section;
    std::string fault;
    auto data = open_dataset(file_, "images", 3, fault);
    if (!data) fail_all(fault);
    return data;
  }

  // The dataset is one of images, by its type, shape and layout.
  std::optional<VerifyImages> check_shape(const VerifyDataset& data) {
    const Hdf5Section section;
    const auto refuse = [&](std::string text) {
      fail_all("/images " + std::move(text));
      return std::nullopt;
    };
    const bool is_gray = H5Tequal(data.type.get(), H5T_STD_U8LE) > 0;
    if (!is_gray && H5Tequal(data.type.get(), H5T_IEEE_F32LE) <= 0) return refuse("is neither of uint8 nor of float32");
    const std::uint64_t pixel = is_gray ? 1 : sizeof(float);
    const std::uint64_t height = data.extent[1];
    const std::uint64_t width = data.extent[2];
    if (std::min(height, width) < 1 || std::max(height, width) > most_pixels_each_way) {
      return refuse(fmt::format("has images of {}x{} pixels", width, height));
    }
    const Hdf5Handle properties(H5Dget_create_plist(data.data.get()), H5Pclose);
    std::array<hsize_t, 3> chunk{};
    if (!properties || H5Pget_layout(properties.get()) != H5D_CHUNKED ||
        H5Pget_chunk(properties.get(), 3, chunk.data()) != 3) {
      return refuse("is not stored in chunks");
    }
    if (!is_deflated(properties)) return refuse("is not compressed by deflate alone");
    const std::uint64_t image_bytes = width * height * pixel;
    if (chunk[1] != height || chunk[2] != width || chunk[0] < 1 || chunk[0] > most_chunk_bytes / image_bytes) {
      return refuse(fmt::format("has chunks of {}x{}x{}, which are not whole images", chunk[0], chunk[1], chunk[2]));
    }
    if (data.n_rows() / chunk[0] > n_bytes_) {
      return refuse(fmt::format("has {} images, which the file has no room for", data.n_rows()));
    }
    compare(is_gray ? "uint8" : "float32", width, height, chunk[0]);
    const std::uint64_t n_images = data.n_rows();
    if (expected_ == nullptr) {
      run_.findings.count_output(n_images);
    } else if (n_images != expected_->n_images() && expected_->is_whole) {
      fail(fmt::format("/images has {} images, and the manifest tells of {}", n_images, expected_->n_images()));
      if (n_images < expected_->n_images()) {
        run_.findings.add(path_, n_images, expected_->n_images(), "the data are not in the file");
      }
    }
    return VerifyImages{data, n_images, chunk[0], image_bytes, n_bytes_};
  }

  // With what the definition says.
  void compare(const char* dtype, std::uint64_t width, std::uint64_t height, std::uint64_t per_chunk) {
    const std::optional<VerifyStage>& stage = expected_ != nullptr ? expected_->stage : stage_;
    if (!stage) return;
    const auto differs = [&](const char* what, const auto& is, const auto& should_be) {
      fail(fmt::format("/images has {} {}, and by the definition {}", what, is, should_be));
    };
    if (stage->dtype != dtype) differs("pixels of", dtype, stage->dtype);
    if (stage->images_per_chunk != per_chunk) differs("images in a chunk:", per_chunk, stage->images_per_chunk);
    if (stage->width != 0 && stage->width != width) differs("the width", width, stage->width);
    if (stage->height != 0 && stage->height != height) differs("the height", height, stage->height);
  }

  static bool is_deflated(const Hdf5Handle& properties) {
    unsigned flags = 0;
    unsigned configuration = 0;
    unsigned level = 0;
    std::size_t n_values = 1;
    // With another level HDF5 refuses to decompress, too.
    return H5Pget_nfilters(properties.get()) == 1 &&
           H5Pget_filter2(properties.get(), 0, &flags, &n_values, &level, 0, nullptr, &configuration) ==
               H5Z_FILTER_DEFLATE &&
           n_values == 1 && level <= 9;
  }

  const std::string& path_;
  const ExpectedHdf5File* expected_;
  VerifyRun& run_;
  InputFile input_;  // Open as long as HDF5 reads it, so that no stage replaces it.
  Hdf5Handle file_;
  std::uint64_t n_bytes_ = 0;
  std::optional<VerifyStage> stage_;
};

}  // namespace

void verify_hdf5_file(const std::string& path, const std::optional<ExpectedHdf5File>& expected, VerifyRun& run) {
  FileCheck(path, expected ? &*expected : nullptr, run).check();
}

}  // namespace plotmill
