// See manifest.hpp.
#include "stages/verify/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "plotmill/contact_sheet.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/manifest_lines.hpp"
#include "stages/verify/hdf5.hpp"
#include "stages/verify/image_files.hpp"
#include "stages/verify/stage.hpp"

namespace plotmill {
namespace {

/// What of a manifest fits into memory: not the hashes of image files, which there may be millions of.
struct Overview {
  ManifestHead head;
  bool is_readable = true;  ///< Not damaged.
  bool is_complete = false;
  bool has_image_files = false;
  std::uint64_t n_images = 0;
  std::vector<StoredPiece> pieces;  ///< Of HDF5 files.
};

std::string in_folder_of(const std::string& path, const std::string& name) {
  return std::filesystem::path(path).replace_filename(name).string();
}

// False where even the first line is damaged.
bool read_head(const std::string& path, ManifestHead& head) try {
  std::ifstream file = open_manifest(path);
  std::string line;
  std::getline(file, line);
  head = parse_manifest_head(line, path);
  return true;
} catch (const Error&) {
  return false;
}

// Damage is found, and what comes before it is taken all the same.
std::optional<Overview> read_overview(const std::string& path, VerifyRun& run) {
  Overview overview;
  try {
    const auto content = read_manifest(path, [&](StoredPiece&& piece) {
      run.keep_going();
      overview.n_images = piece.end;
      overview.has_image_files = overview.has_image_files || piece.file.empty();
      if (!piece.file.empty()) overview.pieces.push_back(std::move(piece));
    });
    if (!content) {
      run.findings.add(path, "the manifest is empty, or its first line is cut off");
      return {};
    }
    overview.head = content->head;
    overview.is_complete = content->is_complete;
    return overview;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    run.findings.add(error.faults().front().place, error.faults().front().text);
    overview.is_readable = false;
  }
  // What is damaged may be the first line, and then nothing is known.
  if (!read_head(path, overview.head)) return {};
  return overview;
}

// Whether a run holds the manifest now. To ask takes it for a moment.
bool is_being_written(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

class ManifestCheck {
 public:
  ManifestCheck(const std::string& path, Overview overview, VerifyRun& run)
      : path_(path), overview_(std::move(overview)), run_(run), sampled_(spread()) {
    const std::string name = std::filesystem::path(path).filename().string();
    stage_ = find_stage(overview_.head.definition, overview_.head.output, name);
    if (!overview_.pieces.empty() && stage_ && stage_->type != "write_hdf5") stage_.reset();
  }

  std::set<std::string> check(const std::optional<std::string>& only_file) {
    std::set<std::string> names;
    std::uint64_t n_bad_before = 0;
    for (std::size_t begin = 0; begin < overview_.pieces.size();) {
      std::size_t end = begin;
      const std::string& name = overview_.pieces[begin].file;
      while (end < overview_.pieces.size() && overview_.pieces[end].file == name) ++end;
      names.insert(name);
      if (!only_file || *only_file == name) check_file(begin, end, n_bad_before);
      n_bad_before = overview_.pieces[end - 1].n_bad;
      begin = end;
    }
    if (!only_file) {
      run_.findings.count_output(overview_.n_images);
      if (overview_.pieces.empty()) check_image_files();
      if (!overview_.is_complete && overview_.is_readable) tell_incomplete();
    }
    return names;
  }

 private:
  [[nodiscard]] std::vector<std::uint64_t> spread() const {
    if (run_.sample == 0) return {};
    return spread_indices(overview_.n_images, static_cast<std::size_t>(run_.sample));
  }

  void check_file(std::size_t begin, std::size_t end, std::uint64_t n_bad_before) {
    ExpectedHdf5File expected{.pieces = {overview_.pieces.begin() + static_cast<std::ptrdiff_t>(begin),
                                         overview_.pieces.begin() + static_cast<std::ptrdiff_t>(end)},
                              .n_bad = overview_.pieces[end - 1].n_bad - n_bad_before,
                              .definition = overview_.head.definition,
                              .stage = stage_,
                              .is_whole = overview_.pieces[end - 1].file_bytes.has_value(),
                              .sampled = {}};
    const std::string file = in_folder_of(path_, expected.pieces.front().file);
    std::error_code ignored;
    if (overview_.is_readable && !overview_.is_complete && std::filesystem::exists(file + ".part", ignored)) {
      // What an older run has left under the final name is not this one.
      run_.findings.note(
          fmt::format("{}: {} images are in {}.part and were not verified", file, expected.n_images(), file));
      return;
    }
    for (const std::uint64_t image : sampled_) {
      const std::uint64_t first = expected.pieces.front().first;
      if (image >= first && image < expected.pieces.back().end) expected.sampled.push_back(image - first);
    }
    verify_hdf5_file(file, expected, run_);
  }

  void check_image_files() {
    if (stage_ && stage_->type != "write_hdf5") {
      verify_image_files(path_, overview_.n_images, sampled_, *stage_, run_);
    } else if (overview_.has_image_files) {
      run_.findings.add(path_, "the definition in the manifest has no stage that writes this output");
    }
  }

  void tell_incomplete() {
    const char* what = is_being_written(path_) ? "a run is writing it now"
                       : overview_.head.input
                           ? "its run was interrupted; `plotmill run --resume` goes on after them"
                           : "its run was interrupted; `plotmill run --resume` can't go on, as their "
                             "input can't be known again (a pipe)";
    run_.findings.add(
        path_, fmt::format("the output is not complete: {} images are stored, and {}", overview_.n_images, what));
  }

  const std::string& path_;
  Overview overview_;
  VerifyRun& run_;
  std::vector<std::uint64_t> sampled_;
  std::optional<VerifyStage> stage_;
};

}  // namespace

std::set<std::string> verify_manifest(const std::string& path, const std::optional<std::string>& only_file,
                                      VerifyRun& run) {
  auto overview = read_overview(path, run);
  if (!overview) return {};
  return ManifestCheck(path, std::move(*overview), run).check(only_file);
}

bool manifest_lists(const std::string& path, const std::string& file) {
  bool found = false;
  try {
    (void)read_manifest(path, [&](StoredPiece&& piece) { found = found || piece.file == file; });
  } catch (const Error&) {
    // What it told before it was found damaged counts.
  }
  return found;
}

void require_intact(const std::string& manifest, const RunSetup& setup) {
  VerifyRun run(setup.n_lanes, 0, [&](const VerifyProgress&) { return setup.pulse->keep_going(); });
  (void)verify_manifest(manifest, {}, run);
  const VerifyReport report = run.findings.report();
  if (report.n_problems == 0) return;
  std::vector<Fault> faults;
  constexpr std::size_t most_shown = 5;
  for (const VerifyProblem& problem : report.problems) {
    if (faults.size() == most_shown) break;
    faults.push_back({"", problem.message()});
  }
  const std::uint64_t n_more = report.n_problems - faults.size();
  faults.back().text += (n_more > 0 ? fmt::format("; and {} more", n_more) : "") +
                        "; the output is complete and damaged; --force makes it anew";
  throw Error(ErrorKind::io, std::move(faults));
}

}  // namespace plotmill
