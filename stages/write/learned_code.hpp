// The code in which a run's images are deflated: what write_hdf5 and write_png learn before they encode.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "kernels/deflate/ink_code.hpp"

namespace plotmill {

class LearnedCode {
 public:
  /// More images teach nothing new, and cost a few milliseconds.
  static constexpr std::size_t n_images = 32;

  explicit LearnedCode(const kernels::PixelLayout& layout) : statistics_(layout) {}

  /// One thread, before the first get().
  void learn(const Ink& ink) {
    for (std::size_t i = 0; i < ink.n_images(); ++i) statistics_.add(ink.image(i));
  }

  /// Any number of threads. The code lives as long as this object.
  [[nodiscard]] const kernels::InkCode& get() {
    // Not std::call_once(): where memory is refused the next caller is to try again, and thread sanitizer has it wait
    // for ever.
    const std::lock_guard lock(mutex_);
    if (!code_) code_.emplace(statistics_);
    return *code_;
  }

 private:
  kernels::InkStatistics statistics_;
  std::mutex mutex_;
  std::optional<kernels::InkCode> code_;  ///< Made by the first get().
};

}  // namespace plotmill
