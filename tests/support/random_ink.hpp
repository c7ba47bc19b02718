// Ink made at random, for tests that compare two ways to the same pixels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "plotmill/ink.hpp"

namespace plotmill::test {

/// Random numbers that are the same on every machine, unlike what std::uniform_int_distribution gives.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  /// lo..hi, both included.
  [[nodiscard]] std::uint32_t between(std::uint32_t lo, std::uint32_t hi) {
    return lo + static_cast<std::uint32_t>(engine_() % (std::uint64_t{hi} - lo + 1));
  }

 private:
  std::mt19937 engine_;
};

/// Appends the ink of an image that is given by the coverage of every pixel, row-major; 0 is paper.
inline void append_image(Ink& ink, std::span<const std::uint8_t> coverage) {
  const std::size_t width = ink.shape.width;
  for (std::size_t y = 0; y < ink.shape.height; ++y) {
    bool in_run = false;
    for (std::size_t x = 0; x < width; ++x) {
      const std::uint8_t share = coverage[y * width + x];
      if (share == 0) {
        in_run = false;
        continue;
      }
      if (!in_run) ink.runs.push_back({static_cast<std::uint16_t>(x), 0});
      in_run = true;
      ++ink.runs.back().n;
      ink.coverage.push_back(share);
    }
    ink.row_begin.push_back(static_cast<std::uint32_t>(ink.runs.size()));
  }
  ink.coverage_begin.push_back(ink.coverage.size());
}

/// The coverage of every pixel of one image: in turn blank, full, solid ink, every coverage value in order, and runs
/// and gaps of random length.
[[nodiscard]] inline std::vector<std::uint8_t> random_coverage(const ImageShape& shape, std::size_t kind,
                                                               Random& random) {
  const std::size_t n = shape.n_pixels();
  std::vector<std::uint8_t> coverage(n, 0);
  const auto set = [&](std::size_t i, std::uint32_t share) { coverage[i] = static_cast<std::uint8_t>(share); };
  if (kind % 6 == 1) {
    for (std::size_t i = 0; i < n; ++i) set(i, random.between(1, 255));
  } else if (kind % 6 == 2) {
    for (std::size_t i = 0; i < n; ++i) set(i, 255);
  } else if (kind % 6 == 3) {
    for (std::size_t i = 0; i < n; ++i) set(i, static_cast<std::uint32_t>(i % 256));
  } else if (kind % 6 > 3) {
    for (std::size_t i = random.between(0, 40); i < n; i += random.between(0, 40)) {
      const std::size_t end = std::min<std::size_t>(n, i + random.between(1, 6));
      for (; i < end; ++i) set(i, random.between(0, 1) == 0 ? 255 : random.between(1, 255));
    }
  }
  return coverage;
}

/// A batch of `n_images` images, of each kind in turn.
[[nodiscard]] inline Ink random_ink(const ImageShape& shape, std::size_t n_images, Random& random) {
  Ink ink;
  ink.shape = shape;
  for (std::size_t i = 0; i < n_images; ++i) append_image(ink, random_coverage(shape, i, random));
  return ink;
}

/// A shape up to 70x40 with random gray values; one pixel, one row and one column among the first ones.
[[nodiscard]] inline ImageShape random_shape(std::size_t i, Random& random) {
  ImageShape shape{random.between(1, 70), random.between(1, 40), static_cast<std::uint8_t>(random.between(0, 255)),
                   static_cast<std::uint8_t>(random.between(0, 255))};
  if (i == 0 || i == 1) shape.width = 1;
  if (i == 0 || i == 2) shape.height = 1;
  if (i % 2 == 0) shape.paper = 255, shape.ink = 0;
  return shape;
}

/// The gray pixels of one image.
[[nodiscard]] inline std::vector<std::uint8_t> pixels_of(const InkImageView& image) {
  std::vector<std::uint8_t> pixels(image.shape.n_pixels());
  fill_pixels(image, pixels);
  return pixels;
}

}  // namespace plotmill::test
