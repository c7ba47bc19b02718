// Reads series from a dataset of an HDF5 file: the rows of a table, or windows of them, or windows of one long series.
// Source::first_row is as ArrayWindows has it. HDF5 itself turns the dataset's numbers into doubles: integers beyond
// 2^53 into the nearest one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/error_text.hpp"
#include "stages/files/input_file.hpp"
#include "stages/hdf5/chunk_guard.hpp"
#include "stages/hdf5/dataset_check.hpp"
#include "stages/hdf5/handle.hpp"
#include "stages/read/windows.hpp"

namespace plotmill {
namespace {

constexpr std::size_t most_names = 1000;
constexpr std::size_t most_name_bytes = std::size_t{1} << 18U;
constexpr std::size_t most_links = 10000;
constexpr std::ptrdiff_t most_depth = 32;  // HDF5 goes down into groups recursively.

std::string_view class_text(H5T_class_t type) {
  switch (type) {
    case H5T_STRING:
      return "text";
    case H5T_COMPOUND:
      return "a compound";
    case H5T_ENUM:
      return "an enumeration";
    case H5T_REFERENCE:
      return "a reference";
    case H5T_VLEN:
      return "a list of variable length";
    case H5T_ARRAY:
      return "an array";
    default:
      return "opaque";
  }
}

// What the numbers of a dataset fit in without loss. Formats that have less than float32 in everything do.
ValueType value_type_of(hid_t type) {
  bool fits = H5Tget_precision(type) <= 16;
  if (H5Tget_class(type) == H5T_FLOAT) {
    std::size_t sign = 0, exponent = 0, n_exponent = 0, mantissa = 0, n_mantissa = 0;
    constexpr std::size_t float_exponent = 8;
    fits = H5Tget_fields(type, &sign, &exponent, &n_exponent, &mantissa, &n_mantissa) >= 0 &&
           n_exponent <= float_exponent && H5Tget_ebias(type) + 1 == std::size_t{1} << (n_exponent - 1) &&
           n_mantissa < std::numeric_limits<float>::digits;
  }
  return fits ? ValueType::float32 : ValueType::float64;
}

// The paths of the datasets of a file, for an error text.
std::vector<std::string> dataset_names(hid_t file) {
  struct Found {
    std::vector<std::string> names;
    std::size_t n_bytes = 0;
    std::size_t n_links = 0;
  } found;
  // Exceptions must not cross the C library; what was found so far serves.
  H5Lvisit(
      file, H5_INDEX_NAME, H5_ITER_INC,
      [](hid_t group, const char* name, const H5L_info_t*, void* data) noexcept -> herr_t {
        auto& all = *static_cast<Found*>(data);
        const std::string_view path(name);
        if (++all.n_links > most_links || std::ranges::count(path, '/') > most_depth) return 1;
        if ((all.n_bytes += path.size()) > most_name_bytes) return 1;
        try {
          const Hdf5Handle object(H5Oopen(group, name, H5P_DEFAULT), H5Oclose);
          if (object && H5Iget_type(object.get()) == H5I_DATASET) all.names.push_back("/" + std::string(path));
        } catch (...) {
          return 1;
        }
        return all.names.size() < most_names ? 0 : 1;
      },
      &found);
  return std::move(found.names);
}

class ReadHdf5 final : public Reader {
 public:
  void declare(Options& options) override {
    options.add({.name = "path",
                 .target = &path_,
                 .required = true,
                 .doc = "The HDF5 file.",
                 .example = "series.h5",
                 .pattern = "."});
    options.add({.name = "dataset",
                 .target = &dataset_name_,
                 .doc = "The dataset in the file: numbers in 1 or 2 dimensions.",
                 .pattern = "."});
    windows_.declare(options, 0,
                     "Points of each series; 0 takes each row of a table whole. One long series needs a window.");
  }

  [[nodiscard]] std::vector<Fault> check() const override {
    std::vector<Fault> faults;
    if (path_.empty()) faults.push_back({"params/path", "\"\" is no path; the path of an HDF5 file is accepted"});
    if (dataset_name_.empty()) {
      faults.push_back(
          {"params/dataset", "\"\" is no dataset; its path in the file, such as \"/sequences\", is accepted"});
    }
    return faults;
  }

  SeriesShape open(const RunSetup& setup) override {
    // HDF5's own words for a missing file are hard to read.
    input_.open_regular(path_);
    FileUse::require_unwritten(path_);

    const Hdf5Section section;
    file_ = Hdf5Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (!file_) throw_hdf5_error(ErrorKind::input, path_, "cannot be opened as an HDF5 file");
    open_dataset(setup.memory_bytes);
    const std::vector<std::uint64_t> shape = read_shape();
    row_length_ = shape.empty() ? 0 : shape.back();
    n_dimensions_ = shape.size();
    array_ = ArrayWindows(place(), shape, value_type_, windows_, setup.memory_bytes,
                          [this](std::uint64_t first, std::span<double> out) { read_block(first, out); });
    return array_.shape();
  }

  [[nodiscard]] std::optional<std::string> identity() override { return input_.identity(); }
  [[nodiscard]] std::uint64_t held_bytes() const override { return array_.held_bytes() + guard_.held_bytes(); }

  bool read(Sequences& out, std::size_t at_most) override {
    const Hdf5Section section;
    const bool more = array_.read(out, at_most);
    // HDF5 takes what lies behind the end of a file for zeros.
    input_.check_not_cut();
    return more;
  }

  [[nodiscard]] bool skip(std::uint64_t n) override { return array_.skip(n); }

 private:
  [[nodiscard]] std::string place() const { return path_ + ":" + dataset_name_; }

  void open_dataset(std::uint64_t memory_bytes) {
    Hdf5Handle object(H5Oopen(file_.get(), dataset_name_.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object) {
      if (H5Lexists(file_.get(), dataset_name_.c_str(), H5P_DEFAULT) > 0) {
        throw Error(ErrorKind::input, place(),
                    "the dataset cannot be opened; it is damaged, or a link to something that is not there");
      }
      const std::vector<std::string> names = dataset_names(file_.get());
      throw Error(ErrorKind::input, path_,
                  "there is no dataset " + quoted(dataset_name_) + did_you_mean(dataset_name_, names) +
                      " The file has " + quoted_list(names));
    }
    if (H5Iget_type(object.get()) != H5I_DATASET) {
      throw Error(ErrorKind::input, path_,
                  quoted(dataset_name_) + " is a group or a type, not a dataset; the file has " +
                      quoted_list(dataset_names(file_.get())));
    }

    const Hdf5Handle type(H5Dget_type(object.get()), H5Tclose);
    const H5T_class_t number_class = type ? H5Tget_class(type.get()) : H5T_NO_CLASS;
    if (number_class == H5T_NO_CLASS) throw_hdf5_error(ErrorKind::input, place(), "the dataset's type cannot be read");
    if (number_class != H5T_INTEGER && number_class != H5T_FLOAT) {
      throw Error(
          ErrorKind::input, place(),
          "the type of the dataset is " + std::string(class_text(number_class)) + "; integers and floats are accepted");
    }
    check_hdf5_dataset(object.get(), place());
    value_type_ = value_type_of(type.get());
    guard_.open(object.get(), place(), memory_bytes);

    const Hdf5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    if (access) {
      // With a preference of 1 for chunks that were read whole, HDF5 keeps all others, however many bytes they have.
      H5Pset_chunk_cache(access.get(), H5D_CHUNK_CACHE_NSLOTS_DEFAULT, static_cast<std::size_t>(guard_.cache_bytes()),
                         0.75);
    }
    // HDF5 keeps one cache for all that have a dataset open.
    if (!object.reset()) throw_hdf5_error(ErrorKind::input, place(), "the dataset cannot be opened");
    dataset_ = Hdf5Handle(H5Dopen2(file_.get(), dataset_name_.c_str(), access ? access.get() : H5P_DEFAULT), H5Dclose);
    if (!dataset_) throw_hdf5_error(ErrorKind::input, place(), "the dataset cannot be opened");
  }

  std::vector<std::uint64_t> read_shape() {
    file_space_ = Hdf5Handle(H5Dget_space(dataset_.get()), H5Sclose);
    const int n = file_space_ ? H5Sget_simple_extent_ndims(file_space_.get()) : -1;
    if (n < 0) throw_hdf5_error(ErrorKind::input, place(), "the dataset's shape cannot be read");
    std::vector<hsize_t> extent(static_cast<std::size_t>(n));
    if (n > 0) H5Sget_simple_extent_dims(file_space_.get(), extent.data(), nullptr);
    return {extent.begin(), extent.end()};
  }

  void read_block(std::uint64_t first, std::span<double> out) {
    while (!out.empty()) {
      const std::uint64_t row = first / row_length_;
      const std::uint64_t column = first % row_length_;
      // Whole rows where possible, otherwise up to the end of this one.
      const Hdf5ChunkGuard::Block block =
          guard_.fitting({row, column, column == 0 ? std::max<std::uint64_t>(1, out.size() / row_length_) : 1,
                          std::min<std::uint64_t>(row_length_ - column, out.size())});
      guard_.check(dataset_.get(), block);
      const auto n = static_cast<std::size_t>(block.n_rows * block.n_columns);
      const hsize_t start[] = {row, column};
      const hsize_t count[] = {block.n_rows, block.n_columns};
      const std::size_t skipped = n_dimensions_ == 1 ? 1 : 0;
      const hsize_t n_points = n;
      const Hdf5Handle memory_space(H5Screate_simple(1, &n_points, nullptr), H5Sclose);
      if (!memory_space ||
          H5Sselect_hyperslab(file_space_.get(), H5S_SELECT_SET, start + skipped, nullptr, count + skipped, nullptr) <
              0 ||
          H5Dread(dataset_.get(), H5T_NATIVE_DOUBLE, memory_space.get(), file_space_.get(), H5P_DEFAULT, out.data()) <
              0) {
        throw_hdf5_error(ErrorKind::io, place(), "the dataset cannot be read");
      }
      first += n;
      out = out.subspan(n);
    }
  }

  std::string path_;
  std::string dataset_name_ = "/sequences";
  WindowOptions windows_;

  InputFile input_;  // Open as long as HDF5 reads it, so that no stage replaces it.
  Hdf5Handle file_;
  Hdf5Handle dataset_;
  Hdf5Handle file_space_;
  Hdf5ChunkGuard guard_;
  ValueType value_type_ = ValueType::float64;
  std::uint64_t row_length_ = 0;
  std::size_t n_dimensions_ = 0;
  ArrayWindows array_;
};

}  // namespace

StageInfo read_hdf5_stage() {
  return {.type = "read_hdf5",
          .summary = "Reads series from the rows of an HDF5 dataset, whole or in windows.",
          .make = [] { return std::unique_ptr<Reader>(new ReadHdf5); }};
}

}  // namespace plotmill
