// See hdf5_dataset.hpp.
#include "stages/verify/hdf5_dataset.hpp"

#include <fmt/format.h>

namespace plotmill {

std::string with_hdf5_reason(const std::string& text) {
  const std::string reason = hdf5_reason();
  return text + (reason.empty() ? "" : " (HDF5: " + reason + ")");
}

bool VerifyDataset::read_rows(std::uint64_t first, std::uint64_t n, hid_t memory_type, void* out) const {
  std::vector<hsize_t> start(extent.size(), 0);
  std::vector<hsize_t> count = extent;
  start.front() = first;
  count.front() = n;
  const Hdf5Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  return memory &&
         H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
         H5Dread(data.get(), memory_type, memory.get(), space.get(), H5P_DEFAULT, out) >= 0;
}

std::optional<VerifyDataset> open_dataset(const Hdf5Handle& file, const char* name, std::size_t rank,
                                          std::string& fault) {
  H5Eclear2(H5E_DEFAULT);
  const htri_t exists = H5Lexists(file.get(), name, H5P_DEFAULT);
  if (exists <= 0) {
    fault = with_hdf5_reason(fmt::format("there is no dataset /{}", name));
    return {};
  }
  VerifyDataset dataset{Hdf5Handle(H5Dopen2(file.get(), name, H5P_DEFAULT), H5Dclose), {}, {}, {}};
  const auto fail = [&](const char* what) {
    fault = with_hdf5_reason(fmt::format("/{} {}", name, what));
    return std::nullopt;
  };
  if (!dataset.data) return fail("cannot be opened");
  dataset.space = Hdf5Handle(H5Dget_space(dataset.data.get()), H5Sclose);
  dataset.type = Hdf5Handle(H5Dget_type(dataset.data.get()), H5Tclose);
  const int n = dataset.space ? H5Sget_simple_extent_ndims(dataset.space.get()) : -1;
  if (n < 0 || !dataset.type) return fail("has no shape or no type that can be read");
  if (static_cast<std::size_t>(n) != rank) {
    fault = fmt::format("/{} has {} dimensions, and should have {}", name, n, rank);
    return {};
  }
  dataset.extent.resize(rank);
  if (H5Sget_simple_extent_dims(dataset.space.get(), dataset.extent.data(), nullptr) < 0) {
    return fail("has no shape that can be read");
  }
  return dataset;
}

std::optional<std::string> read_attribute(const Hdf5Handle& file, const char* name, std::string& fault) {
  H5Eclear2(H5E_DEFAULT);
  const auto fail = [&](const char* what) {
    fault = with_hdf5_reason(fmt::format("the attribute {} {}", name, what));
    return std::nullopt;
  };
  if (H5Aexists(file.get(), name) <= 0) return fail("is missing");
  const Hdf5Handle attribute(H5Aopen(file.get(), name, H5P_DEFAULT), H5Aclose);
  const Hdf5Handle space(attribute ? H5Aget_space(attribute.get()) : H5I_INVALID_HID, H5Sclose);
  const Hdf5Handle stored(attribute ? H5Aget_type(attribute.get()) : H5I_INVALID_HID, H5Tclose);
  if (!space || !stored || H5Sget_simple_extent_npoints(space.get()) != 1 || H5Tis_variable_str(stored.get()) <= 0) {
    return fail("is not a text");
  }
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  char* text = nullptr;
  if (H5Tset_size(type.get(), H5T_VARIABLE) < 0 || H5Tset_cset(type.get(), H5Tget_cset(stored.get())) < 0 ||
      H5Aread(attribute.get(), type.get(), static_cast<void*>(&text)) < 0 || text == nullptr) {
    return fail("cannot be read");
  }
  std::string value = text;
  H5free_memory(text);
  return value;
}

}  // namespace plotmill
