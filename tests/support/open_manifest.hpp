// Manifests as stages open them, for tests of what is read back and of who may go on with one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/files/manifest.hpp"
#include "support/run_reader.hpp"

namespace plotmill::test {

using Pieces = std::vector<StoredPiece>;

inline RunSetup manifest_setup(std::string_view window = "10", std::string_view more_stages = "") {
  RunSetup result;
  result.definition = R"({"plotmill": 1, "run": {"threads": 2, "on_bad_series": "error"}, "stages": [
      {"id": "in", "type": "read_csv", "params": {"path": "ä.csv", "window": )" +
                      std::string(window) + "}}" + std::string(more_stages) + "]}";
  result.input = "5 bytes, changed 1.5 s after 1970";
  result.plotmill_version = "0.1.0";
  return result;
}

inline RunSetup resuming(RunSetup setup = manifest_setup()) {
  setup.resume = true;
  return setup;
}

inline StoredPiece part_of(std::string file, std::uint64_t first, std::uint64_t end) {
  return {.file = std::move(file),
          .first = first,
          .end = end,
          .n_bytes = 10 * (end - first),
          .xxh3 = {"00112233445566778899aabbccddeeff"},
          .n_groups = 2,
          .n_bad = end / 3,
          .part = SealedPart{1000 * end, end, "ffeeddccbbaa99887766554433221100"}};
}

inline StoredPiece file_of(std::string file, std::uint64_t first, std::uint64_t end) {
  StoredPiece piece = part_of(std::move(file), first, end);
  piece.file_bytes = 1000 * end;
  return piece;
}

/// All that a piece says, to compare.
inline std::string text_of(const StoredPiece& piece) {
  std::string text = piece.file + " " + std::to_string(piece.first) + "-" + std::to_string(piece.end) + " " +
                     std::to_string(piece.n_bytes) + " " + std::to_string(piece.n_groups) + " " +
                     std::to_string(piece.n_bad);
  for (const std::string& hash : piece.xxh3) text += " " + hash;
  if (piece.part) {
    text += " part " + std::to_string(piece.part->end) + " " + std::to_string(piece.part->journal_bytes) + " " +
            piece.part->journal_xxh3;
  }
  if (piece.file_bytes) text += " file " + std::to_string(*piece.file_bytes);
  return text;
}

inline void check_equal(const Pieces& found, const Pieces& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(text_of(found[i]) == text_of(expected[i]));
}

inline const Pieces some_pieces{part_of("charts_0000.h5", 0, 7), file_of("charts_0000.h5", 7, 7),
                                part_of("ü\"\n.h5", 7, 12)};

/// A manifest, open, as a stage has it; its pieces, if it goes on with one that is there.
struct OpenManifest {
  explicit OpenManifest(const std::string& output, const RunSetup& setup, const std::optional<Fault>& existing = {})
      : manifest(manifest_path(output), output, existing, setup,
                 [&](StoredPiece&& piece) { pieces.push_back(std::move(piece)); }) {}
  Pieces pieces;
  Manifest manifest;
};

/// Writes these pieces and dies.
inline void write_manifest(const std::string& output, const Pieces& pieces, bool complete = false) {
  OpenManifest open(output, manifest_setup());
  for (const StoredPiece& piece : pieces) open.manifest.add(piece);
  if (complete) open.manifest.complete();
}

inline void check_open_error(ErrorKind kind, const std::string& place, const std::vector<std::string>& parts,
                             const std::string& output, const RunSetup& setup,
                             const std::optional<Fault>& existing = {}) {
  check_error(kind, place, parts, [&] { const OpenManifest open(output, setup, existing); });
}

}  // namespace plotmill::test
