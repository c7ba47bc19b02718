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
    unpublished_.n_bad = piece.n_bad;
    stored.push_back({piece.first, piece.end, piece.n_bytes});
  });
  unpublished_.first = unpublished_.end = manifest_->n_images();
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
  if (!series.bad.empty()) unpublished_.n_bad = std::max(unpublished_.n_bad, series.bad.back().number + 1);
  manifest_->require_in_place();
  manifest_->begin();
  // What a run that was interrupted has stored comes first, if anything of it comes again.
  for (std::size_t i = unpublished_.end - position.first_image; i < encoded.n_items() && pulse_->keep_going(); ++i) {
    write_part(unpublished_.end, encoded.item(i));
    unpublished_.xxh3.push_back(hash_text(std::as_bytes(encoded.item(i))));
    unpublished_.n_bytes += encoded.item(i).size();
    bytes_written_ += encoded.item(i).size();
    ++unpublished_.end;
    if (unpublished_.xxh3.size() == most_unpublished) checkpoint();
  }
}

void ImageFilesWriter::write_part(std::uint64_t image, std::span<const std::uint8_t> bytes) {
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

void ImageFilesWriter::checkpoint() {
  if (unpublished_.xxh3.empty()) return;
  // After a failure the system may take for written what is not, so that trying again proves nothing.
  is_sound_ = false;
  if (::syncfs(folder_.get()) != 0) throw_io_error(directory_, "cannot be brought to the disk", errno);
  manifest_->require_in_place();
  has_named_ = true;
  for (std::uint64_t image = unpublished_.first; image < unpublished_.end; ++image) {
    const std::string name = pattern_->name(image);
    const std::string part = name + ".part";
    if (::renameat(folder_.get(), part.c_str(), folder_.get(), name.c_str()) == 0) continue;
    throw_io_error((std::filesystem::path(directory_) / name).string(), "cannot be given its name", errno);
  }
  sync_folder();
  manifest_->add(unpublished_);
  unpublished_.first = unpublished_.end;
  unpublished_.n_bytes = 0;
  unpublished_.xxh3.clear();
  is_sound_ = true;
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
  for (std::uint64_t image = unpublished_.first; image < unpublished_.end; ++image) {
    (void)::unlinkat(folder_.get(), (pattern_->name(image) + ".part").c_str(), 0);
  }
}

void ImageFilesWriter::abandon() noexcept {
  try {
    if (is_sound_) checkpoint();
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
