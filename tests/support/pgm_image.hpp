// Gray images in the plain form of PGM: text, so that a change of one can be read in a diff.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace plotmill::test {

struct PgmImage {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> pixels;

  bool operator==(const PgmImage&) const = default;
};

inline void write_pgm(const std::string& path, const PgmImage& image) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << "P2\n" << image.width << " " << image.height << "\n255\n";
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    text << int{image.pixels[i]} << ((i + 1) % image.width == 0 ? "\n" : " ");
  }
  std::ofstream file(path, std::ios::binary);
  file << text.str();
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

/// Reads what write_pgm() writes: no comments, 255 is white.
[[nodiscard]] inline PgmImage read_pgm(const std::string& path) {
  std::ifstream file(path);
  file.imbue(std::locale::classic());
  std::string magic;
  int greatest = 0;
  PgmImage image;
  file >> magic >> image.width >> image.height >> greatest;
  if (!file || magic != "P2" || greatest != 255) throw std::runtime_error(path + " is not a plain PGM image");
  image.pixels.reserve(image.width * image.height);
  for (int pixel = 0; file >> pixel;) image.pixels.push_back(static_cast<std::uint8_t>(pixel));
  if (image.pixels.size() != image.width * image.height) throw std::runtime_error(path + " has another size");
  return image;
}

}  // namespace plotmill::test
