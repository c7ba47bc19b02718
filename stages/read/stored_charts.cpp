// See stored_charts.hpp.
#include "stages/read/stored_charts.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "stages/files/error_text.hpp"
#include "stages/hdf5/text_rows.hpp"
#include "stages/read/windows.hpp"

namespace plotmill {
namespace {

constexpr std::uint64_t most_length = 65535;

// More would not be a chart of ours, and a damaged file must not ask for all memory.
constexpr std::uint64_t most_pixels = std::uint64_t{1} << 30U;

std::uint8_t gray_of(float value) {
  // Also for NaN.
  if (!(value > 0)) return 0;
  return static_cast<std::uint8_t>(std::min(value, 1.0F) * 255.0F + 0.5F);
}

}  // namespace

void Hdf5StoredCharts::Dataset::read_row(std::uint64_t i, hid_t type, void* out) const {
  std::vector<hsize_t> start(extent.size(), 0);
  std::vector<hsize_t> count = extent;
  start[0] = i;
  count[0] = 1;
  const Hdf5Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  if (!memory || H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dread(data.get(), type, memory.get(), space.get(), H5P_DEFAULT, out) < 0) {
    throw_hdf5_error(ErrorKind::io, place, "number " + std::to_string(i) + " cannot be read");
  }
}

std::optional<Hdf5StoredCharts::Dataset> Hdf5StoredCharts::open_dataset(const char* name) const {
  if (H5Lexists(file_.get(), name, H5P_DEFAULT) <= 0) return {};
  Dataset dataset{path_ + ":/" + name, Hdf5Handle(H5Dopen2(file_.get(), name, H5P_DEFAULT), H5Dclose), {}, {}};
  if (!dataset.data) throw_hdf5_error(ErrorKind::input, dataset.place, "cannot be opened as a dataset");
  dataset.space = Hdf5Handle(H5Dget_space(dataset.data.get()), H5Sclose);
  const int n = dataset.space ? H5Sget_simple_extent_ndims(dataset.space.get()) : -1;
  if (n < 0) throw_hdf5_error(ErrorKind::input, dataset.place, "the shape cannot be read");
  dataset.extent.resize(static_cast<std::size_t>(n));
  if (n > 0) H5Sget_simple_extent_dims(dataset.space.get(), dataset.extent.data(), nullptr);
  return dataset;
}

Hdf5StoredCharts::Hdf5StoredCharts(const std::string& path) : path_(path) {
  // HDF5's own words for a missing file are hard to read.
  input_.open_regular(path);
  FileUse::require_unwritten(path);
  const Hdf5Section section;
  file_ = Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file_) throw_hdf5_error(ErrorKind::input, path, "cannot be opened as an HDF5 file");
  images_ = open_dataset("images");
  if (!images_) throw Error(ErrorKind::input, path, "there is no dataset /images; plotmill's write_hdf5 stores it");

  const auto fail = [&](const std::string& text) { throw Error(ErrorKind::input, images_->place, text); };
  const std::vector<std::uint64_t> shape(images_->extent.begin(), images_->extent.end());
  if (shape.size() != 3) fail("the shape is " + shape_text(shape) + "; (images, height, width) is accepted");
  for (std::size_t i = 1; i <= 2; ++i) {
    if (shape[i] < 1 || shape[i] > most_length) {
      fail("the shape is " + shape_text(shape) + "; images of 1 to " + std::to_string(most_length) +
           " pixels each way are accepted");
    }
  }
  if (shape[1] * shape[2] > most_pixels) {
    fail("an image has " + std::to_string(shape[1] * shape[2]) + " pixels; at most " + std::to_string(most_pixels) +
         " are accepted");
  }
  n_images_ = shape[0];
  height_ = static_cast<std::uint32_t>(shape[1]);
  width_ = static_cast<std::uint32_t>(shape[2]);

  const Hdf5Handle type(H5Dget_type(images_->data.get()), H5Tclose);
  is_float_ = type && H5Tget_class(type.get()) == H5T_FLOAT;
  const bool is_gray = type && H5Tget_class(type.get()) == H5T_INTEGER && H5Tget_size(type.get()) == 1 &&
                       H5Tget_sign(type.get()) == H5T_SGN_NONE;
  if (!is_float_ && !is_gray) fail("the type of the pixels is neither uint8 nor a float, which are accepted");

  sources_ = open_dataset("source");
  groups_ = open_dataset("groups");
}

std::vector<std::uint8_t> Hdf5StoredCharts::pixels(std::uint64_t i) {
  const Hdf5Section section;
  std::vector<std::uint8_t> gray(std::size_t{width_} * height_);
  if (!is_float_) {
    images_->read_row(i, H5T_NATIVE_UINT8, gray.data());
    return gray;
  }
  std::vector<float> values(gray.size());
  images_->read_row(i, H5T_NATIVE_FLOAT, values.data());
  std::ranges::transform(values, gray.begin(), gray_of);
  return gray;
}

std::optional<Source> Hdf5StoredCharts::source(std::uint64_t i) {
  if (!sources_ || sources_->extent.size() != 1 || i >= sources_->extent[0]) return {};
  const Hdf5Section section;
  const Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Source)), H5Tclose);
  H5Tinsert(type.get(), "group", HOFFSET(Source, group), H5T_NATIVE_UINT32);
  H5Tinsert(type.get(), "first_row", HOFFSET(Source, first_row), H5T_NATIVE_UINT64);
  Source source;
  sources_->read_row(i, type.get(), &source);
  return source;
}

std::string Hdf5StoredCharts::group(std::uint32_t number) {
  if (!groups_ || groups_->extent.size() != 1 || number >= groups_->extent[0]) return {};
  const Hdf5Section section;
  const Hdf5Handle type = hdf5_text_type();
  char* text = nullptr;
  groups_->read_row(number, type.get(), static_cast<void*>(&text));
  std::string name = text != nullptr ? text : "";
  H5free_memory(text);
  return name;
}

}  // namespace plotmill
