// See encode_png.hpp.
#include "kernels/encode_png.hpp"

#include <crc.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

namespace plotmill::kernels {
namespace {

constexpr std::array<std::uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

// A chunk's length must fit in 31 bits. Rows go in by pieces of this size, and a chunk ends at the first piece's end at
// which it has reached it, so that a chunk stays below twice as much.
constexpr std::size_t piece_bytes = std::size_t{1} << 29U;

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

void end_chunk(std::vector<std::uint8_t>& out, std::size_t start) {
  const std::size_t n_data = out.size() - start - 8;
  std::ranges::copy(big_endian(static_cast<std::uint32_t>(n_data)), out.data() + start);
  append(out, crc32_gzip_refl(0, out.data() + start + 4, n_data + 4));
}

}  // namespace

PngEncoder::PngEncoder(const ImageShape& shape)
    : shape_(shape), gray_(gray_table(shape)), rows_(shape.height * (shape.width + std::size_t{1})) {}

void PngEncoder::encode(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == shape_);
  out.insert(out.end(), signature.begin(), signature.end());

  std::size_t chunk = begin_chunk(out, "IHDR");
  append(out, shape_.width);
  append(out, shape_.height);
  // Bits per sample, grayscale, deflate, adaptive filtering (the only kind there is), not interlaced.
  for (const int field : {8, 0, 0, 0, 0}) out.push_back(static_cast<std::uint8_t>(field));
  end_chunk(out, chunk);

  fill_rows(image, gray_, rows_.data() + 1, shape_.width + std::size_t{1});
  chunk = begin_chunk(out, "IDAT");
  std::span<const std::uint8_t> rest = rows_;
  for (; rest.size() > piece_bytes; rest = rest.subspan(piece_bytes)) {
    stream_.add(rest.first(piece_bytes), out);
    if (out.size() - chunk > piece_bytes) {
      end_chunk(out, chunk);
      chunk = begin_chunk(out, "IDAT");
    }
  }
  stream_.finish(rest, out);
  end_chunk(out, chunk);

  end_chunk(out, begin_chunk(out, "IEND"));
}

std::uint64_t PngEncoder::max_bytes(const ImageShape& shape) noexcept {
  constexpr std::uint64_t chunk_frame = 12;
  constexpr std::uint64_t most_idat = 16;
  return signature.size() + (2 + most_idat) * chunk_frame + 13 +
         ZlibStream::max_bytes(shape.height * (shape.width + std::uint64_t{1}));
}

std::uint64_t PngEncoder::footprint(const ImageShape& shape) noexcept {
  return sizeof(PngEncoder) + shape.height * (shape.width + std::uint64_t{1}) + ZlibStream::footprint();
}

}  // namespace plotmill::kernels
