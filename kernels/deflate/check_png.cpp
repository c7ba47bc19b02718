// See check_png.hpp.
#include "kernels/deflate/check_png.hpp"

#include <crc.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace plotmill::kernels {
namespace {

constexpr std::array<std::uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t chunk_frame = 12;  // Length, type and CRC.

std::uint32_t number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | bytes[at + i];
  return number;
}

struct PngChunk {
  std::string_view type;
  std::span<const std::uint8_t> data;
};

// Takes a chunk off the front.
const char* take_chunk(std::span<const std::uint8_t>& rest, PngChunk& chunk) {
  if (rest.size() < chunk_frame || rest.size() - chunk_frame < number_at(rest, 0)) return "the PNG file ends early";
  const std::size_t n = number_at(rest, 0);
  chunk.type = {reinterpret_cast<const char*>(rest.data()) + 4, 4};
  chunk.data = rest.subspan(8, n);
  if (crc32_gzip_refl(0, rest.data() + 4, n + 4) != number_at(rest, n + 8)) {
    return "the PNG file is damaged: a chunk has another CRC";
  }
  rest = rest.subspan(n + chunk_frame);
  return nullptr;
}

}  // namespace

const char* png_fault(std::span<const std::uint8_t> file, std::uint32_t width, std::uint32_t height,
                      InflateCheck& inflate, std::vector<std::uint8_t>& stream) {
  constexpr const char* other_chunks = "the PNG file has other chunks than it should";
  if (file.size() < signature.size() || !std::ranges::equal(file.first(signature.size()), signature)) {
    return "it is no PNG file";
  }
  std::span<const std::uint8_t> rest = file.subspan(signature.size());
  PngChunk chunk;
  if (const char* fault = take_chunk(rest, chunk)) return fault;
  if (chunk.type != "IHDR" || chunk.data.size() != 13) return other_chunks;
  const std::uint32_t is_width = number_at(chunk.data, 0);
  const std::uint32_t is_height = number_at(chunk.data, 4);
  constexpr std::array<std::uint8_t, 5> format{8, 0, 0, 0, 0};  // As PngEncoder writes it.
  if (!std::ranges::equal(chunk.data.subspan(8), format)) return "the PNG file is of another kind";
  if (is_width == 0 || is_height == 0 || (width != 0 && is_width != width) || (height != 0 && is_height != height)) {
    return "the image has another size than it should";
  }

  std::span<const std::uint8_t> compressed;
  bool is_joined = false;
  if (const char* fault = take_chunk(rest, chunk)) return fault;
  while (chunk.type == "IDAT") {
    if (compressed.empty() && !is_joined) {
      compressed = chunk.data;
    } else {
      // Of very large images there are several.
      if (!is_joined) stream.assign(compressed.begin(), compressed.end());
      is_joined = true;
      stream.insert(stream.end(), chunk.data.begin(), chunk.data.end());
      compressed = stream;
    }
    if (const char* fault = take_chunk(rest, chunk)) return fault;
  }
  if (compressed.empty() || chunk.type != "IEND" || !chunk.data.empty()) return other_chunks;
  if (!rest.empty()) return "other bytes follow the end of the PNG file";
  return inflate.fault(compressed, std::uint64_t{is_height} * (std::uint64_t{is_width} + 1));
}

}  // namespace plotmill::kernels
