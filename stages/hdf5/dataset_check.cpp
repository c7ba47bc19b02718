// See dataset_check.hpp.
#include "stages/hdf5/dataset_check.hpp"

#include <cstdint>

#include "stages/hdf5/handle.hpp"

namespace plotmill {
namespace {

// HDF5 turns numbers into others in a buffer that holds one at least, and the bits of integers and of exponents in 64.
void check_numbers(hid_t type, const std::string& place) {
  const bool is_float = H5Tget_class(type) == H5T_FLOAT;
  const std::size_t n_bytes = H5Tget_size(type);
  const std::size_t most_bytes = is_float ? sizeof(long double) : sizeof(std::uint64_t);
  if (n_bytes == 0 || n_bytes > most_bytes) {
    throw Error(ErrorKind::input, place,
                "a number of the dataset has " + std::to_string(n_bytes) +
                    " bytes; integers of at most 8 and floats of at most 16 are accepted");
  }
  const std::size_t n_bits = 8 * n_bytes;
  const int offset = H5Tget_offset(type);
  bool fits =
      offset >= 0 && H5Tget_precision(type) > 0 && H5Tget_precision(type) + static_cast<std::size_t>(offset) <= n_bits;
  if (is_float) {
    std::size_t sign = 0;
    std::size_t exponent = 0;
    std::size_t exponent_bits = 0;
    std::size_t mantissa = 0;
    std::size_t mantissa_bits = 0;
    fits = fits && H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 &&
           sign < n_bits && exponent_bits > 0 && exponent_bits < 32 && exponent + exponent_bits <= n_bits &&
           mantissa_bits > 0 && mantissa + mantissa_bits <= n_bits;
  }
  if (!fits) {
    throw Error(ErrorKind::input, place,
                "the type of the dataset is damaged: its numbers have bits that are not there");
  }
}

}  // namespace

void check_hdf5_dataset(hid_t dataset, const std::string& place) {
  const auto fail = [&](const std::string& text) { throw Error(ErrorKind::input, place, text); };
  const Hdf5Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  const H5D_layout_t layout = properties ? H5Pget_layout(properties.get()) : H5D_LAYOUT_ERROR;
  if (layout == H5D_LAYOUT_ERROR || !space || !type) {
    throw_hdf5_error(ErrorKind::input, place, "the dataset's properties cannot be read");
  }
  if (layout == H5D_VIRTUAL) {
    fail(
        "the dataset is virtual: its numbers lie in other datasets, which are not checked; copy it into one, as with "
        "h5repack -l CONTI");
  }
  check_numbers(type.get(), place);
  // To add up what chunks take, HDF5 goes through all of them.
  if (layout == H5D_CHUNKED || H5Pget_external_count(properties.get()) != 0) return;
  // It reads as far as the shape goes, also where less is stored.
  const hssize_t n_points = H5Sget_simple_extent_npoints(space.get());
  const hsize_t n_stored = H5Dget_storage_size(dataset);
  if ((n_stored > 0 || layout == H5D_COMPACT) &&
      (n_points < 0 || n_stored / H5Tget_size(type.get()) < static_cast<std::uint64_t>(n_points))) {
    fail("the dataset is damaged: " + std::to_string(n_stored) + " bytes are stored, fewer than its shape has");
  }
}

}  // namespace plotmill
