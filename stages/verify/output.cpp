// See plotmill/verify.hpp. Finds the outputs that a path means.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include "plotmill/error.hpp"
#include "plotmill/verify.hpp"
#include "stages/files/manifest.hpp"
#include "stages/files/name_pattern.hpp"
#include "stages/verify/hdf5.hpp"
#include "stages/verify/manifest.hpp"
#include "stages/verify/run.hpp"

namespace plotmill {
namespace {

namespace fs = std::filesystem;

const std::string manifest_ending = manifest_path("");

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// The files of a folder whose names end so, sorted.
std::vector<std::string> files_with(const std::string& folder, const std::vector<std::string>& endings) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::ranges::any_of(endings, [&](const auto& ending) { return name.ends_with(ending); })) {
      found.push_back((fs::path(folder) / name).string());
    }
  }
  if (error) throw Error(ErrorKind::io, folder, "the folder cannot be read: " + error.message());
  std::ranges::sort(found);
  return found;
}

void verify_without_manifest(const std::string& path, VerifyRun& run) {
  run.findings.note(path + ": there is no manifest beside it: hashes could not be checked");
  verify_hdf5_file(path, {}, run);
}

// Whether a manifest is that of an output to which a file of this name belongs.
bool is_manifest_of(const std::string& manifest, const std::string& file) {
  const std::string output = manifest.substr(0, manifest.size() - manifest_ending.size());
  return fs::path(output).filename() == file || FileNamePattern::of_split_file(output).matches(file);
}

// What a run has left whose manifest is gone; other unfinished files are told of with their manifests.
void tell_unfinished(const std::vector<std::string>& parts, const std::vector<std::string>& manifests, VerifyRun& run) {
  for (const std::string& part : parts) {
    const std::string file = fs::path(part).stem().string();
    if (std::ranges::any_of(manifests, [&](const auto& manifest) { return is_manifest_of(manifest, file); })) continue;
    run.findings.add(part, "is unfinished, and no manifest tells how to go on");
  }
}

void verify_folder(const std::string& folder, VerifyRun& run) {
  const auto manifests = files_with(folder, {manifest_ending});
  const auto files = files_with(folder, {".h5", ".hdf5"});
  const auto parts = files_with(folder, {".h5.part", ".hdf5.part"});
  if (manifests.empty() && files.empty() && parts.empty()) {
    throw Error(ErrorKind::input, folder,
                "holds nothing that plotmill has written: no manifest (NAME" + manifest_ending + ") and no .h5 file");
  }
  std::set<std::string> listed;
  for (const std::string& manifest : manifests) listed.merge(verify_manifest(manifest, {}, run));
  for (const std::string& file : files) {
    if (!listed.contains(fs::path(file).filename().string())) verify_without_manifest(file, run);
  }
  tell_unfinished(parts, manifests, run);
}

void verify_file(const std::string& path, VerifyRun& run) {
  const std::string name = fs::path(path).filename().string();
  if (const std::string own = manifest_path(path); exists(own)) {
    const auto listed = verify_manifest(own, {}, run);
    if (exists(path) && !listed.contains(name)) verify_without_manifest(path, run);
    return;
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error(errno == ENOENT || errno == ENOTDIR ? ErrorKind::input : ErrorKind::io, path,
                "cannot be opened: " + std::generic_category().message(errno));
  }
  // One of several files.
  for (const std::string& manifest : files_with(folder_of(path), {manifest_ending})) {
    if (!manifest_lists(manifest, name)) continue;
    (void)verify_manifest(manifest, name, run);
    return;
  }
  verify_without_manifest(path, run);
}

}  // namespace

VerifyReport verify_output(const std::string& path, const VerifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  VerifyRun run(options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency()),
                options.sample, options.on_progress);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    verify_folder(path, run);
  } else if (path.ends_with(manifest_ending)) {
    (void)verify_manifest(path, {}, run);
  } else {
    verify_file(path, run);
  }
  VerifyReport report = run.findings.report();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.threads = std::max<std::size_t>(1, run.workers.n_threads());
  return report;
}

}  // namespace plotmill
