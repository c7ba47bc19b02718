// See image_files.hpp.
#include "stages/verify/image_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "kernels/deflate/check_png.hpp"
#include "kernels/jpeg/check.hpp"
#include "stages/files/data_hash.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"

namespace plotmill {
namespace {

namespace fs = std::filesystem;

// Files that a thread gets at once: they are small.
constexpr std::size_t files_at_once = 16;

struct Wanted {
  std::uint64_t image = 0;
  std::string xxh3;
};

class ImageFilesCheck {
 public:
  ImageFilesCheck(const std::string& manifest, std::uint64_t n_images, const VerifyStage& stage, VerifyRun& run)
      : manifest_(manifest),
        folder_(folder_of(manifest)),
        pattern_(FileNamePattern::parse(stage.pattern)),
        place_((fs::path(folder_) / stage.pattern).string()),
        is_png_(stage.type == "write_png"),
        width_(static_cast<std::uint32_t>(stage.width)),
        height_(static_cast<std::uint32_t>(stage.height)),
        is_there_(static_cast<std::size_t>(n_images)),
        run_(run) {}

  ImageFilesCheck(const ImageFilesCheck&) = delete;
  ImageFilesCheck& operator=(const ImageFilesCheck&) = delete;
  ~ImageFilesCheck() { run_.workers.leave(); }

  void check(const std::vector<std::uint64_t>& sampled) {
    list_folder();
    auto next = sampled.begin();
    const auto check_piece = [&](StoredPiece&& piece) {
      for (std::uint64_t image = piece.first; image < std::min<std::uint64_t>(piece.end, is_there_.size()); ++image) {
        if (run_.sample != 0) {
          if (next == sampled.end() || *next != image) continue;
          ++next;
        }
        if (!is_there_[static_cast<std::size_t>(image)]) continue;
        add({image, std::move(piece.xxh3[static_cast<std::size_t>(image - piece.first)])}, piece.n_bytes);
      }
      hand_out();
    };
    try {
      (void)read_manifest(manifest_, check_piece);
    } catch (const Error& error) {
      // A damaged line has been found before; what comes before it is checked.
      if (error.kind() != ErrorKind::input) throw;
    }
    hand_out();
    run_.workers.finish();
  }

 private:
  // Names what is missing, and what is there beside.
  void list_folder() {
    std::uint64_t n_beyond = 0;
    std::string beyond;
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
      run_.keep_going();
      std::string name = entry->path().filename().string();
      const auto index = pattern_.index_of(name);
      if (!index) continue;
      if (*index < is_there_.size()) {
        is_there_[static_cast<std::size_t>(*index)] = true;
      } else if (++n_beyond == 1 || name < beyond) {
        beyond = std::move(name);
      }
    }
    if (error) throw Error(ErrorKind::io, folder_, "the folder cannot be read: " + error.message());
    for (std::size_t image = 0; image < is_there_.size(); ++image) {
      if (!is_there_[image]) run_.findings.add(place_, image, image + 1, "the file is missing");
    }
    if (n_beyond > 0) {
      run_.findings.note(fmt::format("{}: {} file{} of other images lie there, which the manifest does not list: {}{}",
                                     folder_, n_beyond, n_beyond == 1 ? "" : "s", beyond, n_beyond > 1 ? " ..." : ""));
    }
  }

  void add(Wanted wanted, std::uint64_t most_bytes) {
    most_bytes_ = std::max(most_bytes_, most_bytes);
    wanted_.push_back(std::move(wanted));
    if (wanted_.size() == files_at_once) hand_out();
  }

  void hand_out() {
    run_.keep_going();
    if (wanted_.empty()) return;
    // The files themselves are in memory one for each thread.
    run_.workers.add(VerifyWorkers::most_bytes / 1024,
                     [this, wanted = std::exchange(wanted_, {}), most = most_bytes_](VerifyScratch& scratch) {
                       for (const Wanted& each : wanted) check_file(each, most, scratch);
                     });
    most_bytes_ = 0;
  }

  void check_file(const Wanted& wanted, std::uint64_t most_bytes, VerifyScratch& scratch) {
    run_.findings.count_file();
    std::string fault = read(pattern_.name(wanted.image), most_bytes, scratch.file);
    if (fault.empty()) {
      const char* const wrong = is_png_
                                    ? kernels::png_fault(scratch.file, width_, height_, scratch.inflate, scratch.stream)
                                    : kernels::jpeg_fault(scratch.file, width_, height_, scratch.stream);
      if (wrong != nullptr) {
        fault = wrong;
      } else if (hash_text(std::as_bytes(std::span(scratch.file))) != wanted.xxh3) {
        fault = "the file is whole, but is not the one that was written: its hash is another one";
      }
      run_.findings.count_image(1, scratch.file.size());
    }
    if (!fault.empty()) run_.findings.add(place_, wanted.image, wanted.image + 1, std::move(fault));
  }

  // What is wrong, or "".
  std::string read(const std::string& name, std::uint64_t most_bytes, std::vector<std::uint8_t>& out) const {
    const auto fail = [](const char* what) {
      return fmt::format("the file {}: {}", what, std::generic_category().message(errno));
    };
    // A pipe must not keep it waiting.
    const FileDescriptor file(::open((fs::path(folder_) / name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return fail("cannot be opened");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return fail("cannot be looked at");
    if (!S_ISREG(status.st_mode)) return "it is no regular file";
    const auto n_bytes = static_cast<std::uint64_t>(status.st_size);
    if (n_bytes > most_bytes) return fmt::format("the file is too large: {} bytes", n_bytes);
    out.resize(static_cast<std::size_t>(n_bytes));
    for (std::size_t at = 0; at < out.size();) {
      const ssize_t n = ::read(file.get(), out.data() + at, out.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail("cannot be read");
      if (n == 0) out.resize(at);
      at += static_cast<std::size_t>(n);
    }
    return {};
  }

  const std::string& manifest_;
  std::string folder_;
  FileNamePattern pattern_;
  std::string place_;
  bool is_png_;
  std::uint32_t width_, height_;
  std::vector<bool> is_there_;
  VerifyRun& run_;
  std::vector<Wanted> wanted_;
  std::uint64_t most_bytes_ = 0;
};

}  // namespace

void verify_image_files(const std::string& manifest, std::uint64_t n_images, const std::vector<std::uint64_t>& sampled,
                        const VerifyStage& stage, VerifyRun& run) {
  ImageFilesCheck(manifest, n_images, stage, run).check(sampled);
}

}  // namespace plotmill
