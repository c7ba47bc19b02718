// What a verification has found.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "plotmill/verify.hpp"

namespace plotmill {

/// All functions are for any thread.
class VerifyFindings {
 public:
  /// Something is wrong with a file as a whole.
  void add(const std::string& file, std::string text);

  /// Something is wrong with images first..end-1 of a file. Neighbours with the same text become one problem.
  void add(const std::string& file, std::uint64_t first, std::uint64_t end, std::string text);

  void note(std::string text);

  /// Whether something is wrong with any of these images.
  [[nodiscard]] bool has_damage(const std::string& file, std::uint64_t first, std::uint64_t end) const;

  void count_output(std::uint64_t n_images) noexcept;
  void count_file() noexcept { ++n_files_; }
  void count_image(std::uint64_t n_images, std::uint64_t n_bytes) noexcept;
  [[nodiscard]] VerifyProgress progress() const noexcept { return {n_checked_, n_bytes_}; }

  [[nodiscard]] VerifyReport report() const;

 private:
  struct Range {
    std::uint64_t end = 0;
    std::string text;
  };
  // A file that is damaged throughout in ever other ways must not take all memory.
  static constexpr std::uint64_t most_kept = 10 * VerifyReport::most_problems;

  mutable std::mutex mutex_;
  std::vector<VerifyProblem> about_files_;
  std::map<std::string, std::multimap<std::uint64_t, Range>> about_images_;  ///< By file and first image.
  std::vector<std::string> notes_;
  std::uint64_t n_kept_ = 0;
  std::uint64_t n_left_out_ = 0;
  std::set<std::string> left_out_;  ///< Files with images about which not all is kept.
  std::uint64_t n_damaged_ = 0;
  std::atomic<std::uint64_t> n_outputs_ = 0;
  std::atomic<std::uint64_t> n_files_ = 0;
  std::atomic<std::uint64_t> n_images_ = 0;
  std::atomic<std::uint64_t> n_checked_ = 0;
  std::atomic<std::uint64_t> n_bytes_ = 0;
};

}  // namespace plotmill
