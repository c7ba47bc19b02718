// Fuzzes what turns ink into files: zlib, libpng and libjpeg must read the pixels that fill_pixels() gives, and a JPEG
// is byte for byte the one of libjpeg. The shape and the options are the last bytes of the input, the ink is what comes
// before them.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <vector>

#include "fuzz/fuzzing.hpp"
#include "kernels/deflate/encode.hpp"
#include "kernels/deflate/encode_png.hpp"
#include "kernels/jpeg/encode.hpp"
#include "support/plain_jpeg.hpp"
#include "support/png_image.hpp"
#include "support/random_ink.hpp"

using namespace plotmill;
using fuzz::require;
using kernels::PixelType;

namespace {

constexpr std::size_t most_pixels = 1U << 13U;

// A byte is a gap, a run of one coverage, or a run of coverages that follow; its value is the length.
Ink ink_of(FuzzedDataProvider& input, const ImageShape& shape, std::size_t n_images) {
  std::vector<std::uint8_t> coverage(n_images * shape.n_pixels(), 0);
  for (std::size_t at = 0; at < coverage.size() && input.remaining_bytes() > 0;) {
    const std::uint8_t what = input.ConsumeIntegral<std::uint8_t>();
    // A long one is a multiple of a row, so that what lies below one another can be alike.
    std::size_t length = what % 64U + 1U;
    if (length > 56) length = (length - 56) * shape.width;
    const std::size_t end = std::min(coverage.size(), at + length);
    if (what < 128) {
      at = end;
    } else if (what < 192) {
      const auto share = std::max<std::uint8_t>(1, input.ConsumeIntegral<std::uint8_t>());
      std::fill(coverage.begin() + static_cast<std::ptrdiff_t>(at), coverage.begin() + static_cast<std::ptrdiff_t>(end),
                share);
      at = end;
    } else {
      for (; at < end; ++at) coverage[at] = input.ConsumeIntegral<std::uint8_t>();
    }
  }
  Ink ink;
  ink.shape = shape;
  for (std::size_t i = 0; i < n_images; ++i) {
    test::append_image(ink, std::span(coverage).subspan(i * shape.n_pixels(), shape.n_pixels()));
  }
  return ink;
}

kernels::InkCode code_for(const Ink& ink, const kernels::PixelLayout& layout, std::size_t n_learned) {
  kernels::InkStatistics statistics(layout);
  for (std::size_t i = 0; i < std::min(n_learned, ink.n_images()); ++i) statistics.add(ink.image(i));
  return kernels::InkCode(statistics);
}

void check_deflate(const Ink& ink, PixelType type, std::size_t n_learned, std::size_t per_chunk) {
  const kernels::PixelLayout layout{ink.shape, type};
  const kernels::InkCode code = code_for(ink, layout, n_learned);
  kernels::DeflateEncoder encoder(code, per_chunk);
  std::vector<std::uint8_t> expected;
  std::vector<std::uint8_t> stream;
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    for (const std::uint8_t gray : test::pixels_of(ink.image(i))) {
      std::uint8_t bytes[sizeof(float)] = {gray};
      const auto share = static_cast<float>(gray / 255.0);
      if (type == PixelType::float32) std::memcpy(bytes, &share, sizeof share);
      expected.insert(expected.end(), bytes, bytes + layout.pixel_bytes());
    }
    if (!encoder.add(ink.image(i), stream) && (i + 1 < ink.n_images() || !encoder.pad(stream))) continue;
    require(stream.size() <= kernels::DeflateEncoder::max_chunk_bytes(layout, per_chunk), "a chunk has its size");
    std::vector<std::uint8_t> inflated(per_chunk * layout.image_bytes() + 1);
    uLongf n_out = inflated.size();
    uLong n_in = stream.size();
    require(uncompress2(inflated.data(), &n_out, stream.data(), &n_in) == Z_OK, "zlib accepts a chunk");
    require(n_in == stream.size() && n_out + 1 == inflated.size(), "a chunk is one whole stream");
    require(std::equal(expected.begin(), expected.end(), inflated.begin()), "zlib gives the pixels");
    expected.clear();
    stream.clear();
  }
}

void check_png(const Ink& ink, std::size_t n_learned) {
  const kernels::InkCode code = code_for(ink, {ink.shape, PixelType::uint8, true}, n_learned);
  kernels::PngEncoder encoder(code);
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    std::vector<std::uint8_t> file;
    encoder.encode(ink.image(i), file);
    require(file.size() <= kernels::PngEncoder::max_bytes(ink.shape), "a PNG has its size");
    try {
      const test::GrayImage image = test::read_png(file);
      require(image.width == ink.shape.width && image.height == ink.shape.height, "a PNG has its shape");
      require(image.pixels == test::pixels_of(ink.image(i)), "libpng gives the pixels");
    } catch (const std::exception& error) {
      require(false, error.what());
    }
  }
}

void check_jpeg(const Ink& ink, int quality) {
  kernels::JpegEncoder encoder(ink.shape, quality);
  for (std::size_t i = 0; i < ink.n_images(); ++i) {
    std::vector<std::uint8_t> file;
    encoder.encode(ink.image(i), file);
    require(file.size() <= kernels::JpegEncoder::max_bytes(ink.shape), "a JPEG has its size");
    const std::vector<std::uint8_t> pixels = test::pixels_of(ink.image(i));
    require(file == test::plain_jpeg(pixels, ink.shape.width, ink.shape.height, quality), "a JPEG is that of libjpeg");
    require(test::read_jpeg(file).size() == pixels.size(), "libjpeg gives an image of the size");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::TimeLimit time_limit;
  FuzzedDataProvider input(data, size);
  ImageShape shape;
  shape.width = input.ConsumeIntegralInRange<std::uint32_t>(1, 4000);
  shape.height = input.ConsumeIntegralInRange<std::uint32_t>(1, static_cast<std::uint32_t>(most_pixels / shape.width));
  shape.paper = input.ConsumeIntegral<std::uint8_t>();
  shape.ink = input.ConsumeIntegral<std::uint8_t>();
  const auto n_images =
      input.ConsumeIntegralInRange<std::size_t>(1, std::min<std::size_t>(4, most_pixels / shape.n_pixels()));
  const auto n_learned = input.ConsumeIntegralInRange<std::size_t>(0, 3);
  const auto per_chunk = input.ConsumeIntegralInRange<std::size_t>(1, 4);
  const PixelType type = input.ConsumeBool() ? PixelType::float32 : PixelType::uint8;
  const int quality = input.ConsumeIntegralInRange<int>(1, 100);
  const int format = input.ConsumeIntegralInRange(0, 2);
  const Ink ink = ink_of(input, shape, n_images);
  switch (format) {
    case 0:
      check_deflate(ink, type, n_learned, per_chunk);
      break;
    case 1:
      check_png(ink, n_learned);
      break;
    default:
      check_jpeg(ink, quality);
  }
  return 0;
}
