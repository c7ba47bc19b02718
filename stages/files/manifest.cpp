// See manifest.hpp.
#include "stages/files/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "stages/files/data_hash.hpp"
#include "stages/files/manifest_lines.hpp"

namespace plotmill {
namespace {

// The first few things that an interrupted run had otherwise.
std::string text_of(const std::vector<std::string>& differences) {
  constexpr std::size_t most_shown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(differences.size(), most_shown); ++i) text += "\n  " + differences[i];
  if (differences.size() > most_shown) text += fmt::format("\n  and {} more", differences.size() - most_shown);
  return text;
}

}  // namespace

std::ifstream open_manifest(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::input, path, "is not a regular file");
  }
  errno = 0;
  return std::ifstream(path, std::ios::binary);
}

std::optional<ManifestContent> read_manifest(const std::string& path, const std::function<void(StoredPiece&&)>& take) {
  std::ifstream file = open_manifest(path);
  if (!file && errno == ENOENT) return {};
  if (!file) throw_io_error(path, "cannot be opened", errno);
  std::optional<ManifestContent> content;
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line) && !file.eof(); ++number) {
    // A power cut may have kept the end of the last line alone; what is missing reads as zeros.
    if (line.find('\0') != std::string::npos && file.peek() == std::ifstream::traits_type::eof()) break;
    const std::string place = path + ":" + std::to_string(number);
    if (!content) {
      content.emplace().head = parse_manifest_head(line, place);
    } else if (content->is_complete) {
      throw Error(ErrorKind::input, place, "a line follows the last one");
    } else if (std::optional<StoredPiece> piece = parse_stored_piece(line, place, content->n_images)) {
      content->n_images = piece->end;
      take(std::move(*piece));
    } else {
      content->is_complete = true;
    }
    content->n_bytes += line.size() + 1;
  }
  if (file.bad()) throw_io_error(path, "cannot be read", errno);
  return content;
}

std::string manifest_path(const std::string& output) { return output + ".plotmill.jsonl"; }

Manifest::Manifest(const std::string& path, const std::string& output, const std::optional<Fault>& existing,
                   const RunSetup& setup, const std::function<void(StoredPiece&&)>& take)
    : path_(path), output_(output), file_(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK)) {
  int unwritable = 0;
  if (!file_ && setup.resume && (errno == EACCES || errno == EPERM || errno == EROFS)) {
    // What is complete is only verified.
    unwritable = errno;
    file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  }
  if (!file_ && errno != ENOENT) fail("cannot be opened", errno);
  const auto refuse = [](const Fault& fault) { throw Error(ErrorKind::io, fault.place, fault.text); };
  std::optional<ManifestContent> content;
  if (file_) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) fail("cannot be looked at", errno);
    if (!S_ISREG(status.st_mode)) refuse({output, "its manifest " + path + " is not a regular file"});
    lock();
    if (!setup.overwrite)
      content = read_manifest(path_, [&](StoredPiece&& piece) {
        if (setup.resume) take(std::move(piece));
      });
  }
  if (unwritable != 0 && !(content && content->is_complete)) fail("cannot be opened", unwritable);
  if (setup.resume && content) {
    resume(*content, setup);
    return;
  }
  if (!setup.overwrite) {
    if (content && !content->is_complete && content->n_images > 0) {
      refuse({output,
              fmt::format("an interrupted run has stored {} images; {}, --force starts anew", content->n_images,
                          content->head.input ? "--resume goes on after them"
                                              : "--resume can't go on, as their input can't be known again (a pipe)")});
    }
    if (existing && setup.resume) {
      refuse({existing->place, "is there without its manifest " + path_ +
                                   ", so nothing tells how to go on; --force "
                                   "replaces it"});
    }
    if (existing) refuse(*existing);
  }
  if (!file_) {
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file_) fail("cannot be created", errno);
    tells_nothing_ = true;
    lock();
  }
  overwrites_ = setup.overwrite;
  first_line_ = manifest_head_line(
      {output_, setup.overwrite, lasting_definition(setup.definition), setup.input, setup.plotmill_version});
}

void Manifest::lock() {
  // A file system without locks does not keep anybody from writing. A run that ends may have removed the file
  // meanwhile.
  struct stat status {};
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
    if (::fstat(file_.get(), &status) != 0 || status.st_nlink > 0) return;
  }
  throw Error(ErrorKind::io, output_, "another run is writing it, and holds " + path_ + "; wait for it or end it");
}

void Manifest::begin() {
  if (first_line_.empty()) return;
  if (::ftruncate(file_.get(), 0) != 0) fail("cannot be begun anew", errno);
  tells_nothing_ = true;
  append(first_line_);
  sync_to_disk(folder_of(path_));
  first_line_.clear();
}

void Manifest::resume(const ManifestContent& content, const RunSetup& setup) {
  // Another version may draw or encode otherwise. A complete output is only verified.
  if (!content.is_complete && content.head.plotmill_version != setup.plotmill_version) {
    throw Error(
        ErrorKind::definition, path_,
        fmt::format("plotmill {} began this, so plotmill {} can't resume it; that version can, and --force starts "
                    "anew",
                    content.head.plotmill_version, setup.plotmill_version));
  }
  const auto differences = definition_differences(content.head.definition, lasting_definition(setup.definition));
  if (!differences.empty()) {
    throw Error(ErrorKind::definition, path_,
                "the definition is not that of the run that began this, so it can't be resumed; --force starts anew:" +
                    text_of(differences));
  }
  if (!content.head.input || !setup.input) {
    throw Error(ErrorKind::input, path_,
                "the input is one of which nothing tells whether it is the same as before (a pipe, or a reader without "
                "identity()), so the run can't be resumed; --force starts anew");
  }
  if (*content.head.input != *setup.input) {
    throw Error(ErrorKind::input, path_,
                "the input is not as it was when this began, so it can't be resumed; --force starts anew:\n  it was " +
                    *content.head.input + "\n  it is  " + *setup.input);
  }
  overwrites_ = content.head.overwrite;
  is_complete_ = content.is_complete;
  n_images_ = content.n_images;
  n_bytes_ = content.n_bytes;
  // A file that needs no change is not touched: the time of its last change stays.
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail("cannot be looked at", errno);
  if (static_cast<std::uint64_t>(status.st_size) == n_bytes_) return;
  if (::ftruncate(file_.get(), static_cast<off_t>(n_bytes_)) != 0) fail("cannot be taken up", errno);
}

void Manifest::fail(const std::string& what, int error_number) const {
  throw_io_error(output_, "its manifest " + path_ + " " + what, error_number);
}

bool Manifest::is_in_place() const noexcept {
  struct stat named {};
  struct stat written {};
  if (::fstat(file_.get(), &written) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return named.st_dev == written.st_dev && named.st_ino == written.st_ino;
}

void Manifest::require_in_place() const {
  if (is_in_place()) return;
  throw Error(ErrorKind::io, output_, "its manifest " + path_ + " was removed or replaced while the run wrote it");
}

void Manifest::append(const std::string& line) {
  require_in_place();
  const std::string text = line + "\n";
  const auto bytes = std::as_bytes(std::span(text));
  if (!write_all(file_, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}) ||
      ::fdatasync(file_.get()) != 0) {
    const int error_number = errno;
    (void)::ftruncate(file_.get(), static_cast<off_t>(n_bytes_));
    fail("cannot be written", error_number);
  }
  n_bytes_ += text.size();
}

void Manifest::add(const StoredPiece& piece) {
  begin();
  append(stored_piece_line(piece));
  tells_nothing_ = false;
  n_images_ = piece.end;
}

void Manifest::complete() {
  begin();
  append(complete_line(n_images_));
  tells_nothing_ = false;
  is_complete_ = true;
}

void Manifest::close(bool keep) noexcept {
  if (file_ && !keep && tells_nothing_ && is_in_place()) (void)::unlink(path_.c_str());
  (void)file_.close();
}

}  // namespace plotmill
