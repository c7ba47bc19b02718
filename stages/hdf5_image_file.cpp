// See hdf5_image_file.hpp. Everything that HDF5 does for a file is done under an Hdf5Section.
#include "stages/hdf5_image_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

#include "stages/hdf5_output_driver.hpp"

namespace plotmill {
namespace {

constexpr hsize_t chunk_bytes = 256 * 1024;

// Rows for a chunk of about 256 KiB, no more than will come.
hsize_t rows_per_chunk(hsize_t row_bytes, std::optional<std::uint64_t> n_rows) {
  return std::min(std::max<hsize_t>(1, chunk_bytes / row_bytes), std::max<hsize_t>(1, n_rows.value_or(chunk_bytes)));
}

Hdf5Handle make_text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  if (H5Tset_size(type.get(), H5T_VARIABLE) < 0 || H5Tset_cset(type.get(), H5T_CSET_UTF8) < 0) (void)type.reset();
  return type;
}

// As in the file, so without padding.
constexpr std::size_t row_at = sizeof(Source::group);
constexpr std::size_t blank_at = row_at + sizeof(Source::first_row);
constexpr std::size_t source_bytes = blank_at + 1;

Hdf5Handle make_source_type(hid_t group, hid_t row) {
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, source_bytes), H5Tclose);
  if (H5Tinsert(type.get(), "group", 0, group) < 0 || H5Tinsert(type.get(), "first_row", row_at, row) < 0 ||
      H5Tinsert(type.get(), "blank", blank_at, H5T_NATIVE_UINT8) < 0) {
    (void)type.reset();
  }
  return type;
}

struct Skipped {
  std::uint32_t group;
  std::uint64_t first_row;
  const char* reason;
};

Hdf5Handle make_skipped_type(const Hdf5Handle& text, hid_t group, hid_t row) {
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Skipped)), H5Tclose);
  if (H5Tinsert(type.get(), "group", offsetof(Skipped, group), group) < 0 ||
      H5Tinsert(type.get(), "first_row", offsetof(Skipped, first_row), row) < 0 ||
      H5Tinsert(type.get(), "reason", offsetof(Skipped, reason), text.get()) < 0) {
    (void)type.reset();
  }
  return type;
}

// The number of rows of a dataset; nothing on failure.
std::optional<std::uint64_t> n_rows_of(const Hdf5Handle& dataset) {
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  std::array<hsize_t, 3> extent{};
  const int rank = space ? H5Sget_simple_extent_ndims(space.get()) : -1;
  if (rank < 1 || rank > 3 || H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr) < 0) return {};
  return extent[0];
}

// A dataset that grows along its first dimension, chunked; `configure` adds to its creation properties and returns
// whether that went well. Empty on failure.
template <class Configure>
Hdf5Handle make_dataset(const Hdf5Handle& file, const char* name, hid_t type, std::span<const hsize_t> chunk,
                        Configure configure) {
  std::vector<hsize_t> extent(chunk.begin(), chunk.end());
  extent.front() = 0;
  std::vector<hsize_t> greatest = extent;
  greatest.front() = H5S_UNLIMITED;
  const int rank = static_cast<int>(chunk.size());
  const Hdf5Handle space(H5Screate_simple(rank, extent.data(), greatest.data()), H5Sclose);
  const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!space || !properties || H5Pset_obj_track_times(properties.get(), false) < 0 ||
      H5Pset_chunk(properties.get(), rank, chunk.data()) < 0 || !configure(properties.get())) {
    return {};
  }
  return {H5Dcreate2(file.get(), name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose};
}

bool add_nothing(hid_t) { return true; }

}  // namespace

std::uint64_t Hdf5ImageLayout::bytes_beside_image() const noexcept {
  // Of a chunk, its place and size in the file's index.
  const std::uint64_t per_chunk = libver == H5F_LIBVER_EARLIEST ? 56 : 16;
  return per_chunk / images_per_chunk + (sequences ? n_points * sizeof(float) + source_bytes : 0);
}

Hdf5ImageFile::Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout)
    : output_(std::move(output)), layout_(layout) {
  const Hdf5Section section;
  try {
    create();
  } catch (...) {
    leave();
    throw;
  }
}

Hdf5ImageFile::Hdf5ImageFile(OutputFile output, const Hdf5ImageLayout& layout, const SealedPart& part,
                             std::uint64_t n_images)
    : output_(std::move(output)), layout_(layout), n_images_(n_images), payload_bytes_(part.end) {
  PageJournal::restore(output_.part_path(), part);
  journal_.emplace(output_.part_path(), part.end);
  const Hdf5Section section;
  try {
    take_up();
  } catch (...) {
    leave();
    throw;
  }
}

Hdf5ImageFile::~Hdf5ImageFile() {
  if (!finished_) leave();
}

Hdf5Handle Hdf5ImageFile::file_access() {
  Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  driver_ = make_hdf5_output_driver();
  // Without the close degree a dataset handle that could not be closed would keep the file open.
  if (!access || !driver_ || H5Pset_driver(access.get(), driver_.get(), nullptr) < 0 ||
      H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG) < 0 ||
      H5Pset_libver_bounds(access.get(), layout_.libver, H5F_LIBVER_LATEST) < 0) {
    (void)access.reset();
  }
  return access;
}

void Hdf5ImageFile::make_types() {
  text_type_ = make_text_type();
  source_type_ = make_source_type(H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  skipped_type_ = make_skipped_type(text_type_, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  if (!text_type_ || !source_type_ || !skipped_type_) fail("the types cannot be made");
  // Texts are converted. HDF5 1.10 would ask for 2 MiB each time, and ruins its memory where that is refused.
  constexpr std::size_t n_bytes = 64 * 1024;
  conversion_.resize(2 * n_bytes);
  transfer_ = Hdf5Handle(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  if (!transfer_ || H5Pset_buffer(transfer_.get(), n_bytes, conversion_.data(), conversion_.data() + n_bytes) < 0) {
    fail("the buffers cannot be set");
  }
}

void Hdf5ImageFile::take_up() {
  const Hdf5Handle access = file_access();
  // A file of the newer format counts as open for writing since its writer died. What h5clear does.
  const hbool_t clear = true;
  if (!access || H5Pset(access.get(), "clear_status_flags", &clear) < 0) fail("cannot be taken up");
  file_ = Hdf5Handle(H5Fopen(output_.part_path().c_str(), H5F_ACC_RDWR, access.get()), H5Fclose);
  if (!file_) fail("cannot be taken up");
  use_page_journal(file_.get(), *journal_);
  make_types();
  const auto open = [&](const char* name) {
    Hdf5Handle dataset(H5Dopen2(file_.get(), name, H5P_DEFAULT), H5Dclose);
    if (!dataset) fail(fmt::format("/{} cannot be opened", name));
    return dataset;
  };
  const auto check_rows = [&](const Hdf5Handle& dataset, const char* name) {
    if (n_rows_of(dataset) == n_images_) return;
    throw Error(ErrorKind::io, output_.part_path(),
                fmt::format("is damaged: /{} has {} rows, and {} images are stored; --force starts anew", name,
                            n_rows_of(dataset).value_or(0), n_images_));
  };
  images_ = open("images");
  check_rows(images_, "images");
  if (!layout_.sequences) return;
  sequences_ = open("sequences");
  check_rows(sequences_, "sequences");
  source_ = open("source");
  check_rows(source_, "source");
  groups_ = open("groups");
  n_groups_ = n_rows_of(groups_).value_or(0);
  if (layout_.on_bad_series != OnBadSeries::skip) return;
  skipped_ = open("skipped");
  n_skipped_ = n_rows_of(skipped_).value_or(0);
}

void Hdf5ImageFile::create() {
  const Hdf5Handle access = file_access();
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  if (!access || !creation || H5Pset_obj_track_times(creation.get(), false) < 0) fail("cannot be created");
  file_ = Hdf5Handle(H5Fcreate(output_.part_path().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose);
  if (!file_) fail("cannot be created");
  // The manifest must not tell of a file that loses its name when the power goes.
  sync_to_disk(folder_of(output_.part_path()));
  journal_.emplace(output_.part_path(), 0);
  use_page_journal(file_.get(), *journal_);
  make_types();
  set_attribute("plotmill_version", layout_.plotmill_version);
  set_attribute("definition", layout_.definition);
  create_images();
  if (layout_.sequences) create_series();
  check_writes("cannot be created");
}

void Hdf5ImageFile::create_images() {
  const std::array<hsize_t, 3> chunk{layout_.images_per_chunk, layout_.pixels.shape.height, layout_.pixels.shape.width};
  const std::uint8_t gray = layout_.pixels.shape.paper;
  const float unit = static_cast<float>(gray) / 255.0F;
  const bool is_gray = layout_.pixels.type == kernels::PixelType::uint8;
  const hid_t type = is_gray ? H5T_STD_U8LE : H5T_IEEE_F32LE;
  images_ = make_dataset(file_, "images", type, chunk, [&](hid_t properties) {
    // The level says how the chunks were made; readers do not need it.
    return H5Pset_deflate(properties, 1) >= 0 &&
           H5Pset_fill_value(properties, type, is_gray ? static_cast<const void*>(&gray) : &unit) >= 0;
  });
  if (!images_) fail("/images cannot be made");
}

void Hdf5ImageFile::create_series() {
  const std::array<hsize_t, 2> sequences{rows_per_chunk(layout_.n_points * sizeof(float), layout_.n_images),
                                         layout_.n_points};
  sequences_ = make_dataset(file_, "sequences", H5T_IEEE_F32LE, sequences, add_nothing);
  if (!sequences_) fail("/sequences cannot be made");

  const Hdf5Handle source_type = make_source_type(H5T_STD_U32LE, H5T_STD_U64LE);
  const std::array<hsize_t, 1> source{rows_per_chunk(source_bytes, layout_.n_images)};
  source_ = make_dataset(file_, "source", source_type.get(), source, add_nothing);
  if (!source_) fail("/source cannot be made");

  const std::array<hsize_t, 1> groups{256};
  groups_ = make_dataset(file_, "groups", text_type_.get(), groups, add_nothing);
  if (!groups_) fail("/groups cannot be made");

  if (layout_.on_bad_series != OnBadSeries::skip) return;
  const Hdf5Handle skipped_type = make_skipped_type(text_type_, H5T_STD_U32LE, H5T_STD_U64LE);
  const std::array<hsize_t, 1> skipped{64};
  skipped_ = make_dataset(file_, "skipped", skipped_type.get(), skipped, add_nothing);
  if (!skipped_) fail("/skipped cannot be made");
}

void Hdf5ImageFile::set_attribute(const char* name, const std::string& value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle attribute(H5Acreate2(file_.get(), name, text_type_.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose);
  const char* const text = value.c_str();
  if (!attribute || H5Awrite(attribute.get(), text_type_.get(), &text) < 0) {
    fail(fmt::format("the attribute {} cannot be stored", name));
  }
}

void Hdf5ImageFile::append(const Encoded& encoded, std::size_t first_item, const Sequences& series,
                           std::size_t first_series, std::size_t n_images) {
  append_all(encoded, first_item, series, first_series, n_images);
  journal_->write_behind();
}

void Hdf5ImageFile::append_all(const Encoded& encoded, std::size_t first_item, const Sequences& series,
                               std::size_t first_series, std::size_t n_images) {
  const Hdf5Section section;
  if (layout_.sequences) {
    append_rows(sequences_, H5T_NATIVE_FLOAT, series.n_points, n_images_, n_images,
                series.values.data() + first_series * series.n_points, "/sequences");
    append_sources(series, first_series, n_images);
    payload_bytes_ += n_images * (series.n_points * sizeof(float) + source_bytes);
  }
  append_chunks(encoded, first_item, n_images);
  // As check_writes(), but this is for every batch, and the words are for a failure alone.
  if (const int error_number = take_hdf5_write_error(); error_number != 0) {
    throw_io_error(output_.path(), fmt::format("images up to {} of the file cannot be stored", n_images_ - 1),
                   error_number);
  }
}

void Hdf5ImageFile::append_chunks(const Encoded& encoded, std::size_t first_item, std::size_t n_images) {
  // HDF5 checks neither that a chunk is written once nor what is in it, so that must be right from the start.
  if (n_images_ % layout_.images_per_chunk != 0) {
    throw Error(ErrorKind::internal, output_.path(), "images follow a chunk that is not full");
  }
  const std::array<hsize_t, 3> extent{n_images_ + n_images, layout_.pixels.shape.height, layout_.pixels.shape.width};
  if (H5Dset_extent(images_.get(), extent.data()) < 0) fail("/images cannot grow");
  const std::uint64_t end = n_images_ + n_images;
  const JoinedHdf5Writes join(encoded.bytes);
  for (std::size_t item = first_item; n_images_ < end; ++item) {
    const std::span<const std::uint8_t> bytes = encoded.item(item);
    const std::uint64_t next = std::min<std::uint64_t>(n_images_ + layout_.images_per_chunk, end);
    if (bytes.empty() || bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(ErrorKind::internal, output_.path(), fmt::format("a chunk of {} bytes", bytes.size()));
    }
    const std::array<hsize_t, 3> corner{n_images_, 0, 0};
    if (H5Dwrite_chunk(images_.get(), H5P_DEFAULT, 0, corner.data(), bytes.size(), bytes.data()) < 0) {
      fail(fmt::format("images {} to {} of the file cannot be stored", n_images_, next - 1));
    }
    n_images_ = next;
    payload_bytes_ += bytes.size();
  }
}

// Packed here: for each call that has anything to convert HDF5 would clear 2 MiB of buffers first.
void Hdf5ImageFile::append_sources(const Sequences& series, std::size_t first, std::size_t n) {
  packed_sources_.assign(n * source_bytes, 0);
  std::uint8_t* out = packed_sources_.data();
  for (const Source& source : std::span(series.sources).subspan(first, n)) {
    std::memcpy(out, &source.group, row_at);
    std::memcpy(out + row_at, &source.first_row, sizeof source.first_row);
    out += source_bytes;
  }
  for (const BadSeries& bad : series.bad) {
    if (layout_.on_bad_series != OnBadSeries::blank || bad.index < first || bad.index >= first + n) continue;
    packed_sources_[(bad.index - first) * source_bytes + blank_at] = 1;
  }
  append_rows(source_, source_type_.get(), 0, n_images_, n, packed_sources_.data(), "/source");
}

void Hdf5ImageFile::append_rows(const Hdf5Handle& dataset, hid_t memory_type, std::uint64_t row_length,
                                std::uint64_t first, std::uint64_t n, const void* values, const char* what) {
  const int rank = row_length == 0 ? 1 : 2;
  const std::array<hsize_t, 2> extent{first + n, row_length};
  const std::array<hsize_t, 2> start{first, 0};
  const std::array<hsize_t, 2> count{n, row_length};
  if (H5Dset_extent(dataset.get(), extent.data()) < 0) fail(fmt::format("{} cannot grow", what));
  const Hdf5Handle memory(H5Screate_simple(rank, count.data(), nullptr), H5Sclose);
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dwrite(dataset.get(), memory_type, memory.get(), space.get(), transfer_.get(), values) < 0) {
    fail(fmt::format("{} cannot be stored", what));
  }
}

void Hdf5ImageFile::store_groups(std::span<const std::string> names) {
  if (!layout_.sequences || names.size() <= n_groups_) return;
  const Hdf5Section section;
  std::vector<const char*> texts;
  for (const std::string& name : names.subspan(n_groups_)) texts.push_back(name.c_str());
  append_rows(groups_, text_type_.get(), 0, n_groups_, texts.size(), texts.data(), "/groups");
  check_writes("/groups cannot be stored");
  n_groups_ = names.size();
}

void Hdf5ImageFile::store_skipped(const BadSeries& bad) {
  if (!skipped_) return;
  const Hdf5Section section;
  const std::string reason = bad.place + ": " + bad.reason;
  const Skipped row{bad.source.group, bad.source.first_row, reason.c_str()};
  append_rows(skipped_, skipped_type_.get(), 0, n_skipped_, 1, &row, "/skipped");
  check_writes("/skipped cannot be stored");
  ++n_skipped_;
}

void Hdf5ImageFile::checkpoint(const Record& record) {
  {
    const Hdf5Section section;
    if (H5Fflush(file_.get(), H5F_SCOPE_LOCAL) < 0) fail("cannot be brought to the disk");
    check_writes("cannot be brought to the disk");
  }
  record(journal_->seal());
  journal_->apply();
}

std::uint64_t Hdf5ImageFile::finish(const Record& record) {
  {
    const Hdf5Section section;
    for (Hdf5Handle* handle : {&images_, &sequences_, &source_, &groups_, &skipped_, &file_}) {
      if (!handle->reset()) fail("cannot be completed");
    }
    check_writes("cannot be completed");
  }
  record(journal_->seal());
  journal_->apply();
  journal_->cut_off();
  const std::uint64_t n_bytes = output_.publish();
  finished_ = true;
  return n_bytes;
}

void Hdf5ImageFile::publish(OutputFile& output, const SealedPart& part) {
  PageJournal::restore(output.part_path(), part);
  (void)output.publish();
}

void Hdf5ImageFile::leave() noexcept {
  const Hdf5Section section;
  if (file_) send_hdf5_writes_nowhere(file_.get());
  for (Hdf5Handle* handle : {&images_, &sequences_, &source_, &groups_, &skipped_, &skipped_type_, &source_type_,
                             &text_type_, &transfer_, &file_, &driver_}) {
    (void)handle->reset();
  }
  (void)take_hdf5_write_error();
  if (!journal_ || !journal_->has_checkpoint()) return output_.discard();
  journal_->roll_back();
}

void Hdf5ImageFile::check_writes(const std::string& what) const {
  if (const int error_number = take_hdf5_write_error(); error_number != 0) {
    throw_io_error(output_.path(), what, error_number);
  }
}

void Hdf5ImageFile::fail(const std::string& what) const {
  const std::string reason = hdf5_reason();
  check_writes(what);
  throw Error(ErrorKind::io, output_.path(), what + ": " + (reason.empty() ? "HDF5 does not say why" : reason));
}

}  // namespace plotmill
