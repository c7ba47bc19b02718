// See hdf5_output.hpp.
#include "stages/write/hdf5_output.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "stages/verify/manifest.hpp"
#include "stages/write/stored_values.hpp"

namespace plotmill {

void Hdf5Output::open(const RunSetup& setup) {
  const std::string manifest = manifest_path(path_);
  // What is wrong with the place of the first file is told before anything is created.
  (void)OutputFile(file_path(0), true);
  const auto name_of = [](const std::string& path) { return std::filesystem::path(path).filename().string(); };
  const std::string files = images_per_file_ == 0 ? name_of(path_) : file_names().common_text();
  files_use_ = FileUse::writing(folder_of(path_), files, file_path(0));
  manifest_use_ = FileUse::writing(folder_of(path_), name_of(manifest), path_);
  std::optional<StoredPiece> last;
  manifest_.emplace(manifest, path_, existing_file(), setup, [&](StoredPiece&& piece) {
    check_stored_file(piece);
    if (piece.file_bytes) ++n_files_;
    if (last && last->file != piece.file) metadata_.clear();
    metadata_.insert(metadata_.end(), piece.metadata.begin(), piece.metadata.end());
    last = std::move(piece);
  });
  if (manifest_->is_complete()) return require_intact(manifest, setup);
  if (last) take_up(*last);
}

void Hdf5Output::commit(BatchPosition position, const Sequences& series, const Encoded& encoded) {
  const std::size_t n = series.size();
  const std::size_t per_chunk = layout_.images_per_chunk;
  group_names_.insert(group_names_.end(), series.new_groups.begin(), series.new_groups.end());
  // What a run that was interrupted has stored.
  std::size_t done = static_cast<std::size_t>(std::min<std::uint64_t>(n, n_images_ - position.first_image));
  if (done < n && encoded.n_items() != (n + per_chunk - 1) / per_chunk) {
    throw Error(ErrorKind::internal, fmt::format("{} chunks for {} images", encoded.n_items(), n));
  }
  if (layout_.sequences == ValueType::float32) require_float32_range(series);
  is_consistent_ = false;
  if (n_files_ == 0) begin_file();
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

void Hdf5Output::checkpoint() {
  if (!file_ || n_images_ == 0 || (n_images_ == manifest_->n_images() && n_bad_ == n_bad_stored_)) return;
  // What could not be written is lost, and trying again would find nothing that is left to do.
  is_consistent_ = false;
  file_->checkpoint([&](StoredPiece&& piece) { record(std::move(piece)); });
  is_consistent_ = true;
}

void Hdf5Output::finish() {
  is_consistent_ = false;
  if (!file_ && n_files_ == 0) begin_file();
  if (file_) {
    // Those of which there is no series, too.
    n_groups_used_ = std::max(n_groups_used_, group_names_.size());
    file_->store_groups(group_names_);
    finish_file();
  }
  manifest_->complete();
  manifest_->close();
}

void Hdf5Output::abandon() noexcept {
  try {
    if (is_consistent_) checkpoint();
  } catch (const std::exception&) {
    // The last checkpoint holds.
  }
  file_.reset();
  if (manifest_) manifest_->close();
}

// A file of an earlier run; finding out at the first file that the last one exists saves a day.
std::optional<Fault> Hdf5Output::existing_file() const {
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

FileNamePattern Hdf5Output::file_names() const { return FileNamePattern::of_split_file(path_); }

std::string Hdf5Output::file_path(std::uint64_t number) const {
  if (images_per_file_ == 0) return path_;
  return path_beside(file_names().name(number));
}

std::string Hdf5Output::path_beside(const std::string& name) const {
  return std::filesystem::path(path_).replace_filename(name).string();
}

// A file that an interrupted run has completed, but perhaps for its name.
void Hdf5Output::check_stored_file(const StoredPiece& piece) const {
  if (!piece.file_bytes) return;
  const std::string path = path_beside(piece.file);
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
void Hdf5Output::take_up(const StoredPiece& last) {
  n_images_ = last.end;
  n_groups_used_ = static_cast<std::size_t>(last.n_groups);
  n_bad_ = last.n_bad;
  n_bad_stored_ = n_bad_;
  OutputFile output(path_beside(last.file), true);
  const bool has_part = std::filesystem::exists(output.part_path());
  if (last.file_bytes) {
    if (has_part) Hdf5ImageFile::publish(output, last.part.value());
  } else if (has_part) {
    ++n_files_;
    file_.emplace(std::move(output), layout_, last.part.value(), std::exchange(metadata_, {}),
                  n_images_ - (n_files_ - 1) * images_per_file_);
  } else {
    throw Error(ErrorKind::io, output.part_path(),
                "is missing, and " + manifest_->path() + " tells of images in it; --force starts anew");
  }
}

void Hdf5Output::begin_file() {
  manifest_->begin();
  file_.emplace(OutputFile(file_path(n_files_), manifest_->overwrites()), layout_);
  ++n_files_;
}

void Hdf5Output::append(const Sequences& series, const Encoded& encoded, std::size_t first, std::size_t n) {
  const std::uint64_t before = file_->payload_bytes();
  file_->append(encoded, first / layout_.images_per_chunk, series, first, n);
  store_groups(std::span(series.sources).subspan(first, n));
  n_images_ += n;
  bytes_written_ += file_->payload_bytes() - before;
}

// Up to the last group in use, so that a file is the same however its images were split into batches.
void Hdf5Output::store_groups(std::span<const Source> sources) {
  for (const Source& source : sources) n_groups_used_ = std::max(n_groups_used_, std::size_t{source.group} + 1);
  file_->store_groups(std::span(group_names_).first(std::min(n_groups_used_, group_names_.size())));
}

void Hdf5Output::store_skipped(const BadSeries& bad) {
  if (layout_.on_bad_series != OnBadSeries::skip) return;
  store_groups({&bad.source, 1});
  file_->store_skipped(bad);
}

void Hdf5Output::finish_file() {
  const std::uint64_t payload = file_->payload_bytes();
  bytes_written_ += file_->finish([&](StoredPiece&& piece) { record(std::move(piece)); }) - payload;
  file_.reset();
}

// Adds to the manifest what has been stored since its last line.
void Hdf5Output::record(StoredPiece&& piece) {
  piece.file = std::filesystem::path(file_path(n_files_ - 1)).filename().string();
  piece.first = manifest_->n_images();
  piece.end = n_images_;
  piece.n_groups = n_groups_used_;
  piece.n_bad = n_bad_;
  manifest_->add(piece);
  n_bad_stored_ = n_bad_;
}

std::uint64_t Hdf5Output::file_room() const {
  if (images_per_file_ == 0) return std::numeric_limits<std::uint64_t>::max();
  return images_per_file_ - file_->n_images();
}

}  // namespace plotmill
