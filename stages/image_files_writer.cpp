// See image_files_writer.hpp.
#include "stages/image_files_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

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
  folder_ = FileDescriptor(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) throw_io_error(directory_, "cannot be used as a folder", errno);
  const std::string files = pattern_->common_text();
  use_ = FileUse::writing(directory_, files, (std::filesystem::path(directory_) / files).string());
  if (setup.overwrite) return;
  if (const auto found = pattern_->find_in(directory_)) {
    throw Error(ErrorKind::io, directory_, "contains " + *found + " already; --force replaces it");
  }
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

void ImageFilesWriter::commit(BatchPosition position, const Sequences&, const Encoded& encoded) {
  for (std::size_t i = 0; i < encoded.n_items() && pulse_->keep_going(); ++i) {
    write_file(pattern_->name(position.first_image + i), encoded.item(i));
    bytes_written_ += encoded.item(i).size();
  }
}

void ImageFilesWriter::write_file(const std::string& name, std::span<const std::uint8_t> bytes) {
  const std::string part = name + ".part";
  const auto fail = [&](const char* what) {
    const int error_number = errno;
    (void)::unlinkat(folder_.get(), part.c_str(), 0);
    throw_io_error((std::filesystem::path(directory_) / name).string(), what, error_number);
  };
  FileDescriptor file(::openat(folder_.get(), part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) fail("cannot be created");
  if (!write_all(file, bytes) || !file.close()) fail("cannot be written");
  if (::renameat(folder_.get(), part.c_str(), folder_.get(), name.c_str()) != 0) fail("cannot be given its name");
}

void ImageFilesWriter::finish() {
  // EINVAL: a file system that has no such thing.
  if (::fsync(folder_.get()) != 0 && errno != EINVAL) {
    throw_io_error(directory_, "cannot be brought to the disk", errno);
  }
  (void)folder_.close();
  use_.release();
}

void ImageFilesWriter::abandon() noexcept {
  (void)folder_.close();
  use_.release();
  // Fails, as it should, where complete images are in it.
  if (made_folder_) (void)::rmdir(directory_.c_str());
}

}  // namespace plotmill
