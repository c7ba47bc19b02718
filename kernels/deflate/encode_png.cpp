// See encode_png.hpp.
#include "kernels/deflate/encode_png.hpp"

#include <crc.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

namespace plotmill::kernels {
namespace {

constexpr std::array<std::uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

// A chunk's length must fit in 31 bits.
constexpr std::size_t most_chunk_bytes = std::size_t{1} << 30U;
constexpr std::size_t chunk_frame = 12;  // Length, type and CRC.

std::array<std::uint8_t, 4> big_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
          static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

void append(std::vector<std::uint8_t>& out, std::uint32_t value) {
  const auto bytes = big_endian(value);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Returns where the chunk starts, for end_chunk().
std::size_t begin_chunk(std::vector<std::uint8_t>& out, std::string_view type) {
  const std::size_t start = out.size();
  append(out, 0);
  out.insert(out.end(), type.begin(), type.end());
  return start;
}

// Writes the length of the data from start + 8 to `end`, and their CRC behind them.
void seal_chunk(std::vector<std::uint8_t>& out, std::size_t start, std::size_t end) {
  const std::size_t n_data = end - start - 8;
  std::ranges::copy(big_endian(static_cast<std::uint32_t>(n_data)), out.data() + start);
  std::ranges::copy(big_endian(crc32_gzip_refl(0, out.data() + start + 4, n_data + 4)), out.data() + end);
}

void end_chunk(std::vector<std::uint8_t>& out, std::size_t start) {
  append(out, 0);
  seal_chunk(out, start, out.size() - 4);
}

}  // namespace

void PngEncoder::encode(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == shape_);
  out.insert(out.end(), signature.begin(), signature.end());

  std::size_t chunk = begin_chunk(out, "IHDR");
  append(out, shape_.width);
  append(out, shape_.height);
  // Bits per sample, grayscale, deflate, adaptive filtering (the only kind there is), not interlaced.
  for (const int field : {8, 0, 0, 0, 0}) out.push_back(static_cast<std::uint8_t>(field));
  end_chunk(out, chunk);

  chunk = begin_chunk(out, "IDAT");
  stream_.begin(1, out);
  stream_.add(image, out);
  stream_.finish(out);
  // Where one chunk is not enough, the CRC of one and the beginning of the next are pushed in between.
  for (std::size_t border = chunk + 8 + most_chunk_bytes; border < out.size();
       border += chunk_frame + most_chunk_bytes) {
    constexpr std::array<std::uint8_t, chunk_frame> between{0, 0, 0, 0, 0, 0, 0, 0, 'I', 'D', 'A', 'T'};
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(border), between.begin(), between.end());
    seal_chunk(out, chunk, border);
    chunk = border + 4;
  }
  end_chunk(out, chunk);

  end_chunk(out, begin_chunk(out, "IEND"));
}

std::uint64_t PngEncoder::max_bytes(const ImageShape& shape) noexcept {
  const std::uint64_t idat = InkStream::max_bytes({shape, PixelType::uint8, true}, 1);
  return signature.size() + (3 + idat / most_chunk_bytes) * chunk_frame + 13 + idat;
}

}  // namespace plotmill::kernels
