// The code in which a run's images are deflated: what write_hdf5 and write_png learn before they encode.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "kernels/ink_code.hpp"

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
    std::call_once(made_, [&] { code_.emplace(statistics_); });
    return *code_;
  }

 private:
  kernels::InkStatistics statistics_;
  std::once_flag made_;
  std::optional<kernels::InkCode> code_;
};

}  // namespace plotmill
