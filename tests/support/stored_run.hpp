// A small output of a run, for tests that damage it and look at what is found.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "plotmill/verify.hpp"
#include "support/temp_dir.hpp"

namespace plotmill::test {

/// A run of random walks into a folder of its own.
class StoredRun {
 public:
  explicit StoredRun(const std::string& type, const std::string& params, std::uint64_t count = 11,
                     const std::string& run_settings = "")
      : definition_(R"({"plotmill": 1, "run": {"threads": 2, "batch": 4)" + run_settings + R"(}, "stages": [
            {"id": "walks", "type": "make_sequences", "params": {"window": 20, "count": )" +
                    std::to_string(count) + R"(}},
            {"id": "charts", "type": "draw_lines", "params": {"width": 60, "height": 40}},
            {"id": "store", "type": ")" +
                    type + R"(", "params": {)" + params + R"(, ")" + (type == "write_hdf5" ? "path" : "directory") +
                    R"(": ")" + folder.file(type == "write_hdf5" ? "c.h5" : "p") + R"("}}]})") {
    run({});
  }

  [[nodiscard]] const std::string& definition() const { return definition_; }

  RunReport run(const RunOptions& options) const { return Pipeline::from_json(definition_).run(options); }

  [[nodiscard]] VerifyReport verify(const std::string& name, std::uint64_t sample = 0) const {
    return verify_output(folder.file(name), {.sample = sample, .threads = 2});
  }

  /// What is wrong, without the folder.
  [[nodiscard]] std::vector<std::string> problems(const std::string& name, std::uint64_t sample = 0) const {
    std::vector<std::string> texts;
    const VerifyReport report = verify(name, sample);
    CHECK(report.n_problems == report.problems.size());
    for (const VerifyProblem& problem : report.problems) {
      texts.push_back(problem.message().substr(folder.path().string().size() + 1));
    }
    return texts;
  }

  void change(const std::string& name, const std::string& before, const std::string& after) const {
    std::string bytes = read_bytes(folder.file(name));
    const std::size_t at = bytes.find(before);
    REQUIRE(at != std::string::npos);
    (void)folder.write(name, bytes.replace(at, before.size(), after));
  }

  /// Takes the hash of the metadata of HDF5 files out of a manifest, so that HDF5 is asked whatever they are.
  void forget_metadata(const std::string& manifest) const {
    std::string text = read_bytes(folder.file(manifest));
    const std::string key = ",\"metadata_xxh3\":\"";
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key)) {
      text.erase(at, text.find('"', at + key.size()) + 1 - at);
    }
    (void)folder.write(manifest, text);
  }

  void flip(const std::string& name, std::size_t at) const {
    std::string bytes = read_bytes(folder.file(name));
    REQUIRE(at < bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    (void)folder.write(name, bytes);
  }

  void cut(const std::string& name, std::size_t n_bytes) const {
    std::filesystem::resize_file(folder.file(name), n_bytes);
  }

  TempDir folder;

 private:
  std::string definition_;
};

}  // namespace plotmill::test
