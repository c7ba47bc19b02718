// Whether outputs that exist are as they were written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// How far a verification is.
struct PLOTMILL_EXPORT VerifyProgress {
  std::uint64_t images = 0;  ///< Checked so far.
  std::uint64_t bytes = 0;   ///< Of image data, read so far.
};

struct PLOTMILL_EXPORT VerifyOptions {
  std::uint64_t sample = 0;  ///< Check so many evenly spaced images of each output; 0: all of them.
  std::size_t threads = 0;   ///< That decompress and hash, beside the one that reads; 0: one for each core.
  /// Called after each few images, on the thread that called verify_output(). False ends it with Error (cancelled).
  /// Must not throw.
  std::function<bool(const VerifyProgress&)> on_progress = nullptr;
};

/// Something that is not as it was written.
struct PLOTMILL_EXPORT VerifyProblem {
  std::string file;
  std::uint64_t first = 0;  ///< Images first..end-1, by their number in an HDF5 file or in the name of an image file;
  std::uint64_t end = 0;    ///< both 0 where it is about the whole file.
  std::string text;

  /// "charts.h5: images 17 to 18: ..." or "charts.h5: ..."
  [[nodiscard]] std::string message() const;
};

struct PLOTMILL_EXPORT VerifyReport {
  static constexpr std::size_t most_problems = 1000;

  std::uint64_t outputs = 0;            ///< What one write stage has stored: a file, or files that belong together.
  std::uint64_t files = 0;              ///< Looked into.
  std::uint64_t images = 0;             ///< That these outputs should hold.
  std::uint64_t images_checked = 0;     ///< Read and decompressed.
  std::uint64_t images_damaged = 0;     ///< That a problem names, counted for each that names them.
  std::uint64_t bytes_read = 0;         ///< Of image data, as they are stored.
  std::uint64_t n_problems = 0;         ///< 0: nothing is damaged.
  std::vector<VerifyProblem> problems;  ///< The first of them, most_problems at most.
  std::vector<std::string> notes;       ///< What could not be checked, and what is there beside the outputs.
  double seconds = 0;
  std::size_t threads = 0;  ///< That decompressed and hashed.
};

/// Reads outputs of write_hdf5, write_png and write_jpeg again, and checks everything that can be: that each image
/// decompresses to its full size with the right checksums, that image data have the hashes that the run has noted in
/// the output's manifest (NAME.plotmill.jsonl), that all files are there with their sizes, that the datasets of an HDF5
/// file fit together, and that the definition in it is that of the manifest. Changes nothing.
///
/// `path` is an HDF5 file, the path that the definition gave for several of them ("charts.h5" for charts_0000.h5 and so
/// on), a manifest, or a folder: all outputs directly in it are verified. An HDF5 file without a manifest is checked
/// without hashes, with a note. With a sample, hashes of the images in HDF5 files are not checked either, as they are
/// of many images at once. An output that a run has not completed is a problem.
///
/// /sequences and /source are read whole and have hashes of their own. So has HDF5's metadata, all that it needs to
/// find and read the rest, with attributes and texts: where it is damaged HDF5 is not asked, and all images count as
/// damaged.
///
/// Throws Error (input) where there is nothing that plotmill has written, (io) where the system refuses, (cancelled).
/// Without a manifest there is damage of the metadata that ends the HDF5 library, and the process with it, or keeps it
/// busy for ever: a program that must go on verifies such files in a process of its own.
[[nodiscard]] PLOTMILL_EXPORT VerifyReport verify_output(const std::string& path, const VerifyOptions& options = {});

/// The report as one JSON object: "path", "ok", the counts by their names here, "problems" with "file", "images"
/// ([first, end] or null) and "text" each, and "notes".
[[nodiscard]] PLOTMILL_EXPORT std::string to_json(const VerifyReport& report, const std::string& path);

}  // namespace plotmill
