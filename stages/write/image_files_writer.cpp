// See image_files_writer.hpp.
#include "stages/write/image_files_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "stages/files/data_hash.hpp"
#include "stages/verify/manifest.hpp"

namespace plotmill {

void ImageFilesWriter::declare(Options& options) {
  options.add({.name = "directory",
               .target = &directory_,
               .required = true,
               .doc = "Folder for the files; made if the folder that it lies in exists.",
               .example = "charts",
               .pattern = "."});
  options.add({.name = "name",
               .target = &name_,
               .doc = "Name of each file: {index} is the image's number from 0, {index:06} has leading zeros.",
               .pattern = FileNamePattern::expression});
}

std::vector<Fault> ImageFilesWriter::check() const {
  std::vector<Fault> faults;
  if (directory_.empty()) faults.push_back({"params/directory", "is empty; \".\" is the working directory"});
  try {
    (void)FileNamePattern::parse(name_);
  } catch (const Error& error) {
    faults.push_back({"params/name", error.what()});
  }
  return faults;
}

void ImageFilesWriter::open(const ImageShape& images, const SeriesShape&, const RunSetup& setup) {
  pulse_ = setup.pulse;
  make_encoders(images, setup.n_lanes);
  pattern_ = FileNamePattern::parse(name_);
  made_folder_ = ::mkdir(directory_.c_str(), 0777) == 0;
  if (!made_folder_ && errno != EEXIST) throw_io_error(directory_, "the folder cannot be made", errno);
  if (made_folder_) sync_to_disk(folder_of(directory_));
  folder_ = FileDescriptor(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) throw_io_error(directory_, "cannot be used as a folder", errno);
  const std::string files = pattern_->common_text();
  const std::string manifest = manifest_path((std::filesystem::path(directory_) / files).string());
  files_use_ = FileUse::writing(directory_, files, (std::filesystem::path(directory_) / files).string());
  manifest_use_ = FileUse::writing(directory_, manifest_path(files), manifest);
  std::optional<Fault> existing;
  if (const auto found = pattern_->find_in(directory_)) {
    existing = {directory_, "contains " + *found + " already; --force replaces it"};
  }
  std::vector<StoredFiles> stored;
  manifest_.emplace(manifest, directory_, existing, setup, [&](StoredPiece&& piece) {
    n_bad_ = piece.n_bad;
    stored.push_back({piece.first, piece.end, piece.n_bytes});
  });
  published_end_ = committed_end_ = manifest_->n_images();
  next_piece_end_ = published_end_ + most_unpublished;
  if (manifest_->is_complete()) return require_intact(manifest, setup);
  for (const StoredFiles& files_of_piece : stored) check_stored_files(files_of_piece);
}

// Without reading them, which would take as long as to make them again.
void ImageFilesWriter::check_stored_files(const StoredFiles& stored) const {
  std::uint64_t n_bytes = 0;
  for (std::uint64_t i = stored.first; i < stored.end; ++i) {
    const std::string name = pattern_->name(i);
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorKind::io, (std::filesystem::path(directory_) / name).string(),
                  "is listed in " + manifest_->path() + ", and " + what + "; --force starts anew");
    };
    struct stat status {};
    if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      fail("cannot be found: " + std::generic_category().message(errno));
    }
    if (!S_ISREG(status.st_mode)) fail("is no regular file");
    if (status.st_size == 0) fail("is empty");
    n_bytes += static_cast<std::uint64_t>(status.st_size);
  }
  if (n_bytes == stored.n_bytes) return;
  throw Error(ErrorKind::io, directory_,
              fmt::format("the files of images {} to {} have {} bytes, and had {} when they were listed in {}; "
                          "`plotmill verify` tells which are damaged, --force starts anew",
                          stored.first, stored.end - 1, n_bytes, stored.n_bytes, manifest_->path()));
}

std::optional<std::uint64_t> ImageFilesWriter::rehearse(const ImageShape& images, const SeriesShape&,
                                                        const RunSetup& setup) {
  pulse_ = setup.pulse;
  make_encoders(images, setup.n_lanes);
  return 0;
}

void ImageFilesWriter::encode(BatchPosition, const Ink& ink, Encoded& out, std::size_t lane) {
  for (std::size_t i = 0; i < ink.n_images() && pulse_->keep_going(); ++i) {
    encode_image(ink.image(i), out.bytes, lane);
    out.begin.push_back(out.bytes.size());
  }
}

Stored ImageFilesWriter::stored() const {
  return manifest_ ? Stored{manifest_->n_images(), manifest_->is_complete()} : Stored{};
}

void ImageFilesWriter::commit(BatchPosition position, const Sequences& series, const Encoded& encoded) {
  if (!series.bad.empty()) n_bad_ = std::max(n_bad_, series.bad.back().number + 1);
  manifest_->require_in_place();
  manifest_->begin();
  publish_many();
  // What a run that was interrupted has stored comes first, if anything of it comes again.
  const std::size_t n_stored = committed_end_ - position.first_image;
  if (n_stored >= encoded.n_items()) return;
  const std::uint64_t first = committed_end_;
  committed_end_ += encoded.n_items() - n_stored;
  for (; next_piece_end_ <= committed_end_; next_piece_end_ += most_unpublished) {
    full_pieces_.push_back({next_piece_end_, n_bad_});
  }
  {
    const std::lock_guard lock(parts_mutex_);
    parts_.resize(committed_end_ - published_end_);
  }
  placements_.add(position.batch, [this, first, &encoded, n_stored] { write_parts(first, encoded, n_stored); });
}

void ImageFilesWriter::write_parts(std::uint64_t first, const Encoded& encoded, std::size_t first_item) {
  for (std::size_t item = first_item; item < encoded.n_items(); ++item) {
    // To the end also when the run is stopped: these images are committed.
    (void)pulse_->keep_going();
    const std::uint64_t image = first + item - first_item;
    const std::span<const std::uint8_t> bytes = encoded.item(item);
    write_part(image, bytes);
    Part part{true, bytes.size(), hash_text(std::as_bytes(bytes))};
    bytes_written_ += bytes.size();
    const std::lock_guard lock(parts_mutex_);
    parts_[image - published_end_] = std::move(part);
  }
}

void ImageFilesWriter::write_part(std::uint64_t image, std::span<const std::uint8_t> bytes) const {
  const std::string name = pattern_->name(image);
  const std::string part = name + ".part";
  const auto fail = [&](const char* what) {
    const int error_number = errno;
    (void)::unlinkat(folder_.get(), part.c_str(), 0);
    throw_io_error((std::filesystem::path(directory_) / name).string(), what, error_number);
  };
  FileDescriptor file = create_anew(folder_.get(), part);
  if (!file) fail("cannot be created");
  if (!write_all(file, bytes) || !file.close()) fail("cannot be written");
}

// The first image that is not written yet.
std::uint64_t ImageFilesWriter::written_end() const {
  const std::lock_guard lock(parts_mutex_);
  const auto missing = std::ranges::find(parts_, false, &Part::is_written);
  return published_end_ + static_cast<std::uint64_t>(missing - parts_.begin());
}

void ImageFilesWriter::begin_naming() {
  // After a failure the system may take for written what is not, so that trying again proves nothing.
  is_sound_ = false;
  if (::syncfs(folder_.get()) != 0) throw_io_error(directory_, "cannot be brought to the disk", errno);
  manifest_->require_in_place();
  has_named_ = true;
  is_sound_ = true;
}

void ImageFilesWriter::name_parts(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t image = first; image < end; ++image) {
    const std::string name = pattern_->name(image);
    const std::string part = name + ".part";
    if (::renameat(folder_.get(), part.c_str(), folder_.get(), name.c_str()) == 0) continue;
    const int error_number = errno;
    is_sound_ = false;
    throw_io_error((std::filesystem::path(directory_) / name).string(), "cannot be given its name", error_number);
  }
}

// All of them have their names.
void ImageFilesWriter::list_named(const Piece& piece) {
  is_sound_ = false;
  StoredPiece stored{.first = published_end_, .end = piece.end, .n_bad = piece.n_bad};
  {
    const std::lock_guard lock(parts_mutex_);
    for (std::uint64_t image = published_end_; image < piece.end; ++image) {
      Part& part = parts_[image - published_end_];
      stored.n_bytes += part.n_bytes;
      stored.xxh3.push_back(std::move(part.xxh3));
    }
    parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(piece.end - published_end_));
    published_end_ = piece.end;
  }
  sync_folder();
  manifest_->add(stored);
  is_sound_ = true;
}

// Begins to name a full piece once it is written, and ends that in a later call, when place() has named all.
void ImageFilesWriter::publish_many() {
  if (full_pieces_.empty()) return;
  const Piece piece = full_pieces_.front();
  if (is_naming_) {
    if (!placements_.shared_is_done() || !is_sound_) return;
    is_naming_ = false;
    full_pieces_.pop_front();
    return list_named(piece);
  }
  if (written_end() < piece.end) return;
  begin_naming();
  for (std::uint64_t first = published_end_; first < piece.end; first += named_at_once) {
    const std::uint64_t end = std::min(first + named_at_once, piece.end);
    placements_.add_shared([this, first, end] { name_parts(first, end); });
  }
  is_naming_ = true;
}

// When nobody is at work on any of them.
void ImageFilesWriter::publish_written() {
  const std::uint64_t end = written_end();
  while (!full_pieces_.empty() && full_pieces_.front().end <= end) {
    const Piece piece = full_pieces_.front();
    full_pieces_.pop_front();
    if (!std::exchange(is_naming_, false)) {
      begin_naming();
      name_parts(published_end_, piece.end);
    }
    list_named(piece);
  }
  if (published_end_ == end) return;
  begin_naming();
  name_parts(published_end_, end);
  list_named({end, n_bad_});
  next_piece_end_ = end + most_unpublished;
}

void ImageFilesWriter::checkpoint() {
  placements_.run_all();
  publish_written();
}

void ImageFilesWriter::sync_folder() {
  // EINVAL: a file system that has no such thing.
  if (::fsync(folder_.get()) != 0 && errno != EINVAL) {
    throw_io_error(directory_, "cannot be brought to the disk", errno);
  }
}

void ImageFilesWriter::finish() {
  checkpoint();
  sync_folder();
  manifest_->complete();
  manifest_->close();
  (void)folder_.close();
  files_use_.release();
  manifest_use_.release();
}

void ImageFilesWriter::remove_parts() noexcept {
  for (std::uint64_t image = published_end_; image < committed_end_; ++image) {
    (void)::unlinkat(folder_.get(), (pattern_->name(image) + ".part").c_str(), 0);
  }
}

void ImageFilesWriter::abandon() noexcept {
  try {
    placements_.run_all();
  } catch (const std::exception&) {
    // Images before the one that could not be written are whole.
  }
  try {
    if (is_sound_ && manifest_) publish_written();
  } catch (const std::exception&) {
    // What was published before holds.
  }
  // Else they may be another run's.
  if (manifest_ && manifest_->is_in_place()) remove_parts();
  // Images that have their names without being listed yet are replaced when the run is resumed.
  if (manifest_) manifest_->close(has_named_);
  (void)folder_.close();
  files_use_.release();
  manifest_use_.release();
  // Fails, as it should, where complete images are in it.
  if (made_folder_) (void)::rmdir(directory_.c_str());
}

}  // namespace plotmill
