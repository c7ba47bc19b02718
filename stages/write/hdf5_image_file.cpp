// See hdf5_image_file.hpp. Everything that HDF5 does for a file is done under an Hdf5Section.
#include "stages/write/hdf5_image_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "stages/hdf5/source_row.hpp"
#include "stages/hdf5/text_rows.hpp"
#include "stages/write/stored_values.hpp"

namespace plotmill {

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
                             std::vector<ByteRange> metadata, std::uint64_t n_images)
    : output_(std::move(output)), layout_(layout), n_images_(n_images), payload_bytes_(part.end) {
  output_.take_up_part();
  PageJournal::restore(output_.part_path(), part);
  journal_.emplace(output_.part_path(), part.end, std::move(metadata));
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

void Hdf5ImageFile::make_transfer() {
  // Texts are converted. HDF5 1.10 would ask for 2 MiB each time, and ruins its memory where that is refused.
  constexpr std::size_t n_bytes = 64 * 1024;
  conversion_.resize(2 * n_bytes);
  transfer_ = Hdf5Handle(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  if (!transfer_ || H5Pset_buffer(transfer_.get(), n_bytes, conversion_.data(), conversion_.data() + n_bytes) < 0) {
    fail("the buffers cannot be set");
  }
}

void Hdf5ImageFile::create() {
  const Hdf5Handle access = file_access();
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  if (!access || !creation || H5Pset_obj_track_times(creation.get(), false) < 0) fail("cannot be created");
  // Not by HDF5, which would follow a link that lies there.
  output_.begin_part();
  file_ = Hdf5Handle(H5Fcreate(output_.part_path().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose);
  if (!file_) fail("cannot be created");
  // The manifest must not tell of a file that loses its name when the power goes.
  sync_to_disk(folder_of(output_.part_path()));
  journal_.emplace(output_.part_path(), 0);
  // HDF5 and the journal have opened it by its name.
  output_.require_part();
  use_page_journal(file_.get(), *journal_);
  make_transfer();
  data_.create(file_, layout_, output_.path());
  check_hdf5_writes(output_.path(), "cannot be created");
}

void Hdf5ImageFile::take_up() {
  const Hdf5Handle access = file_access();
  // A file of the newer format counts as open for writing since its writer died. What h5clear does.
  const hbool_t clear = true;
  if (!access || H5Pset(access.get(), "clear_status_flags", &clear) < 0) fail("cannot be taken up");
  file_ = Hdf5Handle(H5Fopen(output_.part_path().c_str(), H5F_ACC_RDWR, access.get()), H5Fclose);
  if (!file_) fail("cannot be taken up");
  use_page_journal(file_.get(), *journal_);
  make_transfer();
  data_.open(file_, layout_, output_.path());
  const auto check_rows = [&](const Hdf5Handle& dataset, const char* name) {
    const auto n_rows = n_rows_of(dataset);
    if (!dataset || n_rows == n_images_) return;
    throw Error(ErrorKind::io, output_.part_path(),
                fmt::format("is damaged: /{} has {} rows, and {} images are stored; --force starts anew", name,
                            n_rows.value_or(0), n_images_));
  };
  check_rows(data_.images, "images");
  check_rows(data_.sequences, "sequences");
  check_rows(data_.source, "source");
  if (data_.groups) n_groups_ = n_rows_of(data_.groups).value_or(0);
  if (data_.skipped) n_skipped_ = n_rows_of(data_.skipped).value_or(0);
}

void Hdf5ImageFile::append(const Encoded& encoded, std::size_t first_item, const Sequences& series,
                           std::size_t first_series, std::size_t n_images) {
  const std::size_t n_items = (n_images + layout_.images_per_chunk - 1) / layout_.images_per_chunk;
  const std::size_t begin = encoded.begin[first_item];
  const auto image_data = std::span(encoded.bytes).subspan(begin, encoded.begin[first_item + n_items] - begin);
  append_all(encoded, first_item, series, first_series, n_images);
  unrecorded_.images.add(std::as_bytes(image_data));
  unrecorded_.n_bytes += image_data.size();
  payload_bytes_ += image_data.size();
  journal_->write_behind();
}

void Hdf5ImageFile::append_all(const Encoded& encoded, std::size_t first_item, const Sequences& series,
                               std::size_t first_series, std::size_t n_images) {
  const Hdf5Section section;
  if (layout_.sequences) {
    append_sequences(series, first_series, n_images);
    append_sources(series, first_series, n_images);
  }
  append_chunks(encoded, first_item, n_images);
  // As check_hdf5_writes(), but this is for every batch, and the words are for a failure alone.
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
  if (H5Dset_extent(data_.images.get(), extent.data()) < 0) fail("/images cannot grow");
  const std::uint64_t end = n_images_ + n_images;
  const JoinedHdf5Writes join(encoded.bytes);
  for (std::size_t item = first_item; n_images_ < end; ++item) {
    const std::span<const std::uint8_t> bytes = encoded.item(item);
    const std::uint64_t next = std::min<std::uint64_t>(n_images_ + layout_.images_per_chunk, end);
    if (bytes.empty() || bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(ErrorKind::internal, output_.path(), fmt::format("a chunk of {} bytes", bytes.size()));
    }
    const std::array<hsize_t, 3> corner{n_images_, 0, 0};
    if (H5Dwrite_chunk(data_.images.get(), H5P_DEFAULT, 0, corner.data(), bytes.size(), bytes.data()) < 0) {
      fail(fmt::format("images {} to {} of the file cannot be stored", n_images_, next - 1));
    }
    n_images_ = next;
  }
}

void Hdf5ImageFile::append_sequences(const Sequences& series, std::size_t first, std::size_t n) {
  const auto values = std::span(series.values).subspan(first * series.n_points, n * series.n_points);
  const bool is_rounded = layout_.sequences == ValueType::float32;
  if (is_rounded) round_to_float32(values, rounded_);
  const auto bytes = is_rounded ? std::as_bytes(std::span(rounded_)) : std::as_bytes(values);
  append_rows(data_.sequences, is_rounded ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, series.n_points, n_images_, n,
              bytes.data(), "/sequences");
  unrecorded_.sequences.add(bytes);
  payload_bytes_ += bytes.size();
}

// Packed here: for each call that has anything to convert HDF5 would clear 2 MiB of buffers first.
void Hdf5ImageFile::append_sources(const Sequences& series, std::size_t first, std::size_t n) {
  packed_sources_.resize(n * Hdf5SourceRow::n_bytes);
  const auto row = [&](std::size_t i) {
    return std::span(packed_sources_).subspan(i * Hdf5SourceRow::n_bytes).first<Hdf5SourceRow::n_bytes>();
  };
  for (std::size_t i = 0; i < n; ++i) Hdf5SourceRow{series.sources[first + i]}.pack(row(i));
  for (const BadSeries& bad : series.bad) {
    if (layout_.on_bad_series != OnBadSeries::blank || bad.index < first || bad.index >= first + n) continue;
    Hdf5SourceRow{series.sources[bad.index], 1}.pack(row(bad.index - first));
  }
  append_rows(data_.source, data_.source_type.get(), 0, n_images_, n, packed_sources_.data(), "/source");
  unrecorded_.source.add(std::as_bytes(std::span(packed_sources_)));
  payload_bytes_ += packed_sources_.size();
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
  const Hdf5TextWrites all_are_texts;
  std::vector<const char*> texts;
  for (const std::string& name : names.subspan(n_groups_)) texts.push_back(name.c_str());
  append_rows(data_.groups, data_.text_type.get(), 0, n_groups_, texts.size(), texts.data(), "/groups");
  check_hdf5_writes(output_.path(), "/groups cannot be stored");
  n_groups_ = names.size();
}

void Hdf5ImageFile::store_skipped(const BadSeries& bad) {
  if (!data_.skipped) return;
  const Hdf5Section section;
  const Hdf5TextWrites all_are_texts;
  const std::string reason = bad.place + ": " + bad.reason;
  const Hdf5SkippedRow row{bad.source.group, bad.source.first_row, reason.c_str()};
  append_rows(data_.skipped, data_.skipped_type.get(), 0, n_skipped_, 1, &row, "/skipped");
  check_hdf5_writes(output_.path(), "/skipped cannot be stored");
  ++n_skipped_;
}

void Hdf5ImageFile::checkpoint(const Record& record) {
  {
    const Hdf5Section section;
    flush_texts();
    if (H5Fflush(file_.get(), H5F_SCOPE_LOCAL) < 0) fail("cannot be brought to the disk");
    check_hdf5_writes(output_.path(), "cannot be brought to the disk");
  }
  note(record, seal());
  journal_->apply();
}

// HDF5 holds chunks back.
void Hdf5ImageFile::flush_texts() {
  const Hdf5TextWrites all_are_texts;
  for (const Hdf5Handle* texts : {&data_.groups, &data_.skipped}) {
    if (*texts && H5Dflush(texts->get()) < 0) fail("texts cannot be brought to the disk");
  }
}

StoredPiece Hdf5ImageFile::seal() {
  StoredPiece piece{.n_bytes = unrecorded_.n_bytes,
                    .xxh3 = {unrecorded_.images.text()},
                    .part = journal_->seal(),
                    .metadata = journal_->metadata().take_new()};
  if (layout_.sequences) {
    piece.sequences_xxh3 = unrecorded_.sequences.text();
    piece.source_xxh3 = unrecorded_.source.text();
  }
  return piece;
}

void Hdf5ImageFile::note(const Record& record, StoredPiece&& piece) {
  record(std::move(piece));
  unrecorded_.n_bytes = 0;
  for (DataHash* const hash : {&unrecorded_.images, &unrecorded_.sequences, &unrecorded_.source}) hash->clear();
}

std::uint64_t Hdf5ImageFile::finish(const Record& record) {
  {
    const Hdf5Section section;
    flush_texts();
    if (!data_.close() || !file_.reset()) fail("cannot be completed");
    check_hdf5_writes(output_.path(), "cannot be completed");
  }
  StoredPiece piece = seal();
  piece.file_bytes = piece.part->end;
  piece.metadata_xxh3 = journal_->hash_metadata();
  note(record, std::move(piece));
  journal_->apply();
  journal_->cut_off();
  const std::uint64_t n_bytes = output_.publish();
  finished_ = true;
  return n_bytes;
}

void Hdf5ImageFile::publish(OutputFile& output, const SealedPart& part) {
  output.take_up_part();
  PageJournal::restore(output.part_path(), part);
  (void)output.publish();
}

void Hdf5ImageFile::leave() noexcept {
  const Hdf5Section section;
  if (file_) send_hdf5_writes_nowhere(file_.get());
  // One that can't be closed must not keep the others open.
  while (!data_.close()) {
  }
  for (Hdf5Handle* handle : {&transfer_, &file_, &driver_}) (void)handle->reset();
  (void)take_hdf5_write_error();
  if (!journal_ || !journal_->has_checkpoint()) return output_.discard();
  journal_->roll_back();
}

}  // namespace plotmill
