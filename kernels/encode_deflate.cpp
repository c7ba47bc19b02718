// See encode_deflate.hpp.
#include "kernels/encode_deflate.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace plotmill::kernels {

static_assert(std::endian::native == std::endian::little, "float32 chunks are little-endian");

DeflateEncoder::DeflateEncoder(const ImageShape& shape, PixelType type, std::size_t images_per_chunk)
    : shape_(shape),
      type_(type),
      images_per_chunk_(images_per_chunk),
      gray_(gray_table(shape)),
      unit_(unit_table(shape)),
      gray_frame_(type == PixelType::uint8 ? shape.n_pixels() : 0),
      unit_frame_(type == PixelType::float32 ? shape.n_pixels() : 0) {
  assert(images_per_chunk > 0);
}

bool DeflateEncoder::add(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == shape_);
  if (type_ == PixelType::uint8) {
    fill_rows(image, gray_, gray_frame_.data(), shape_.width);
  } else {
    fill_rows(image, unit_, unit_frame_.data(), shape_.width);
  }
  return add_frame(out);
}

bool DeflateEncoder::pad(std::vector<std::uint8_t>& out) {
  if (n_in_chunk_ == 0) return false;
  std::ranges::fill(gray_frame_, gray_[0]);
  std::ranges::fill(unit_frame_, unit_[0]);
  while (!add_frame(out)) {
  }
  return true;
}

bool DeflateEncoder::add_frame(std::vector<std::uint8_t>& out) {
  const std::span<const std::uint8_t> bytes =
      type_ == PixelType::uint8
          ? std::span<const std::uint8_t>(gray_frame_)
          : std::span(reinterpret_cast<const std::uint8_t*>(unit_frame_.data()), unit_frame_.size() * sizeof(float));
  if (++n_in_chunk_ < images_per_chunk_) {
    stream_.add(bytes, out);
    return false;
  }
  stream_.finish(bytes, out);
  n_in_chunk_ = 0;
  return true;
}

std::uint64_t DeflateEncoder::max_chunk_bytes(const ImageShape& shape, PixelType type,
                                              std::size_t images_per_chunk) noexcept {
  return ZlibStream::max_bytes(std::uint64_t{images_per_chunk} * shape.n_pixels() * bytes_per_pixel(type));
}

std::uint64_t DeflateEncoder::footprint(const ImageShape& shape, PixelType type) noexcept {
  return sizeof(DeflateEncoder) + shape.n_pixels() * bytes_per_pixel(type) + ZlibStream::footprint();
}

}  // namespace plotmill::kernels
