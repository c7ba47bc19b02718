// See hdf5_image_datasets.hpp.
#include "stages/write/hdf5_image_datasets.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "stages/hdf5/source_row.hpp"
#include "stages/hdf5/text_rows.hpp"
#include "stages/write/hdf5_output_driver.hpp"

namespace plotmill {
namespace {

constexpr hsize_t chunk_bytes = 256 * 1024;

// Rows for a chunk of about 256 KiB, no more than will come.
hsize_t rows_per_chunk(hsize_t row_bytes, std::optional<std::uint64_t> n_rows) {
  return std::min(std::max<hsize_t>(1, chunk_bytes / row_bytes), std::max<hsize_t>(1, n_rows.value_or(chunk_bytes)));
}

/// Makes what lies in one file, which is empty.
class Making {
 public:
  Making(const Hdf5Handle& file, const Hdf5ImageLayout& layout, const std::string& path)
      : file_(file), layout_(layout), path_(path) {}

  void set_attribute(const char* name, const Hdf5Handle& text_type, const std::string& value) const {
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle attribute(H5Acreate2(file_.get(), name, text_type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose);
    const char* const text = value.c_str();
    if (!attribute || H5Awrite(attribute.get(), text_type.get(), &text) < 0) {
      fail_hdf5_write(path_, fmt::format("the attribute {} cannot be stored", name));
    }
  }

  [[nodiscard]] Hdf5Handle images() const {
    const kernels::PixelLayout& pixels = layout_.pixels;
    const std::array<hsize_t, 3> chunk{layout_.images_per_chunk, pixels.shape.height, pixels.shape.width};
    const std::uint8_t gray = pixels.shape.paper;
    const float unit = static_cast<float>(gray) / 255.0F;
    const bool is_gray = pixels.type == kernels::PixelType::uint8;
    const hid_t type = is_gray ? H5T_STD_U8LE : H5T_IEEE_F32LE;
    return dataset("images", type, chunk, [&](hid_t properties) {
      // The level says how the chunks were made; readers do not need it.
      return H5Pset_deflate(properties, 1) >= 0 &&
             H5Pset_fill_value(properties, type, is_gray ? static_cast<const void*>(&gray) : &unit) >= 0;
    });
  }

  [[nodiscard]] Hdf5Handle sequences() const {
    const std::array<hsize_t, 2> chunk{rows_per_chunk(layout_.sequence_bytes(), layout_.n_images), layout_.n_points};
    return dataset("sequences", layout_.sequences == ValueType::float32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE, chunk);
  }

  [[nodiscard]] Hdf5Handle source() const {
    return rows("source", Hdf5SourceRow::type(H5T_STD_U32LE, H5T_STD_U64LE),
                rows_per_chunk(Hdf5SourceRow::n_bytes, layout_.n_images));
  }

  /// A dataset of one dimension.
  [[nodiscard]] Hdf5Handle rows(const char* name, const Hdf5Handle& type, hsize_t n_rows_of_chunk) const {
    const std::array<hsize_t, 1> chunk{n_rows_of_chunk};
    return dataset(name, type.get(), chunk);
  }

 private:
  // A dataset that grows along its first dimension, chunked; `configure` adds to its creation properties and returns
  // whether that went well.
  template <class Configure = bool (*)(hid_t)>
  [[nodiscard]] Hdf5Handle dataset(
      const char* name, hid_t type, std::span<const hsize_t> chunk,
      Configure configure = [](hid_t) { return true; }) const {
    std::vector<hsize_t> extent(chunk.begin(), chunk.end());
    extent.front() = 0;
    std::vector<hsize_t> greatest = extent;
    greatest.front() = H5S_UNLIMITED;
    const int rank = static_cast<int>(chunk.size());
    const Hdf5Handle space(H5Screate_simple(rank, extent.data(), greatest.data()), H5Sclose);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const bool is_configured = space && properties && H5Pset_obj_track_times(properties.get(), false) >= 0 &&
                               H5Pset_chunk(properties.get(), rank, chunk.data()) >= 0 && configure(properties.get());
    Hdf5Handle made;
    if (is_configured) {
      made = {H5Dcreate2(file_.get(), name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose};
    }
    if (!made) fail_hdf5_write(path_, fmt::format("/{} cannot be made", name));
    return made;
  }

  const Hdf5Handle& file_;
  const Hdf5ImageLayout& layout_;
  const std::string& path_;
};

void make_types(Hdf5ImageDatasets& datasets, const std::string& path) {
  datasets.text_type = hdf5_text_type();
  datasets.source_type = Hdf5SourceRow::type(H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  datasets.skipped_type = Hdf5SkippedRow::type(datasets.text_type, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  if (!datasets.text_type || !datasets.source_type || !datasets.skipped_type) {
    fail_hdf5_write(path, "the types cannot be made");
  }
}

}  // namespace

std::uint64_t Hdf5ImageLayout::bytes_beside_image() const noexcept {
  // Of a chunk, its place and size in the file's index.
  const std::uint64_t per_chunk = libver == H5F_LIBVER_EARLIEST ? 56 : 16;
  return per_chunk / images_per_chunk + (sequences ? sequence_bytes() + Hdf5SourceRow::n_bytes : 0);
}

void Hdf5ImageDatasets::create(const Hdf5Handle& file, const Hdf5ImageLayout& layout, const std::string& path) {
  make_types(*this, path);
  const Making make(file, layout, path);
  make.set_attribute("plotmill_version", text_type, layout.plotmill_version);
  make.set_attribute("definition", text_type, layout.definition);
  images = make.images();
  if (!layout.sequences) return;
  sequences = make.sequences();
  source = make.source();
  groups = make.rows("groups", text_type, 256);
  if (layout.on_bad_series != OnBadSeries::skip) return;
  skipped = make.rows("skipped", Hdf5SkippedRow::type(text_type, H5T_STD_U32LE, H5T_STD_U64LE), 64);
}

void Hdf5ImageDatasets::open(const Hdf5Handle& file, const Hdf5ImageLayout& layout, const std::string& path) {
  make_types(*this, path);
  const auto open_one = [&](const char* name) {
    Hdf5Handle dataset(H5Dopen2(file.get(), name, H5P_DEFAULT), H5Dclose);
    if (!dataset) fail_hdf5_write(path, fmt::format("/{} cannot be opened", name));
    return dataset;
  };
  images = open_one("images");
  if (!layout.sequences) return;
  sequences = open_one("sequences");
  source = open_one("source");
  groups = open_one("groups");
  if (layout.on_bad_series == OnBadSeries::skip) skipped = open_one("skipped");
}

bool Hdf5ImageDatasets::close() noexcept {
  const std::array handles{&images, &sequences, &source, &groups, &skipped};
  return std::ranges::all_of(handles, [](Hdf5Handle* handle) { return handle->reset(); });
}

std::optional<std::uint64_t> n_rows_of(const Hdf5Handle& dataset) {
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  std::array<hsize_t, 3> extent{};
  const int rank = space ? H5Sget_simple_extent_ndims(space.get()) : -1;
  if (rank < 1 || rank > 3 || H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr) < 0) return {};
  return extent[0];
}

}  // namespace plotmill
