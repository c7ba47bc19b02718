// The judges are zlib and libdeflate.
#include "kernels/deflate/encode.hpp"

#include <doctest/doctest.h>
#include <libdeflate.h>
#include <zlib.h>

#include <cstring>
#include <memory>

#include "support/random_ink.hpp"
#include "support/simd_targets.hpp"

using namespace plotmill;
using kernels::DeflateEncoder;
using kernels::InkCode;
using kernels::PixelType;

namespace {

// The stream must be whole, and nothing may follow it.
std::vector<std::uint8_t> inflated(std::span<const std::uint8_t> stream, std::size_t n_bytes) {
  std::vector<std::uint8_t> bytes(n_bytes + 1);
  uLongf n_out = bytes.size();
  uLong n_in = stream.size();
  REQUIRE(uncompress2(bytes.data(), &n_out, stream.data(), &n_in) == Z_OK);
  CHECK(n_in == stream.size());
  bytes.resize(n_out);

  std::vector<std::uint8_t> again(n_bytes);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  // Without a place for the size, it must be exactly this.
  CHECK(libdeflate_zlib_decompress(decompressor.get(), stream.data(), stream.size(), again.data(), again.size(),
                                   nullptr) == LIBDEFLATE_SUCCESS);
  CHECK(again == bytes);
  return bytes;
}

std::vector<std::uint8_t> as_stored(std::span<const std::uint8_t> gray, PixelType type) {
  if (type == PixelType::uint8) return {gray.begin(), gray.end()};
  std::vector<std::uint8_t> bytes(gray.size() * sizeof(float));
  for (std::size_t i = 0; i < gray.size(); ++i) {
    const float value = static_cast<float>(gray[i] / 255.0);
    std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
  return bytes;
}

// Learned from the first n images: what comes later may have symbols that were never counted.
InkCode code_for(const Ink& ink, PixelType type, std::size_t n) {
  kernels::InkStatistics statistics({ink.shape, type});
  for (std::size_t i = 0; i < std::min(n, ink.n_images()); ++i) statistics.add(ink.image(i));
  return InkCode(statistics);
}

/// Adler-32 of the bytes of an image, by zlib, row by row; rows without ink are put together without their bytes.
std::uint32_t adler32_of(const InkImageView& image, const kernels::PixelLayout& layout) {
  const auto pixels = layout.pixels();
  const std::size_t n_bytes = layout.pixel_bytes();
  const std::size_t filter = layout.filter_bytes ? 1 : 0;
  std::vector<std::uint8_t> paper(layout.row_bytes(), 0);
  for (std::size_t x = 0; x < layout.shape.width; ++x) std::memcpy(&paper[filter + x * n_bytes], &pixels[0], n_bytes);
  const auto sum_of = [](const std::vector<std::uint8_t>& row) {
    return adler32(adler32(0, nullptr, 0), row.data(), static_cast<uInt>(row.size()));
  };
  const uLong of_paper = sum_of(paper);
  uLong sum = adler32(0, nullptr, 0);
  const std::uint8_t* coverage = image.coverage.data();
  for (std::size_t y = 0; y < layout.shape.height; ++y) {
    uLong of_row = of_paper;
    if (image.row_begin[y] != image.row_begin[y + 1]) {
      std::vector<std::uint8_t> row = paper;
      for (std::uint32_t i = image.row_begin[y]; i < image.row_begin[y + 1]; ++i) {
        const Run run = image.runs[i - image.row_begin[0]];
        for (std::size_t x = run.x; x < std::size_t{run.x} + run.n; ++x) {
          std::memcpy(&row[filter + x * n_bytes], &pixels[*coverage++], n_bytes);
        }
      }
      of_row = sum_of(row);
    }
    sum = adler32_combine(sum, of_row, static_cast<z_off_t>(layout.row_bytes()));
  }
  return static_cast<std::uint32_t>(sum);
}

/// The largest image: its first rows, and its last one, are runs of ink with a pixel of paper between two.
Ink runs_and_gap(std::uint8_t paper, std::size_t n_rows, std::uint16_t run) {
  Ink ink;
  ink.shape = {65535, 65535, paper, static_cast<std::uint8_t>(255 - paper)};
  for (std::size_t y = 0; y < ink.shape.height; ++y) {
    for (std::uint32_t x = 0; (y < n_rows || y + 1 == ink.shape.height) && x + run <= 65535; x += run + 1U) {
      ink.runs.push_back({static_cast<std::uint16_t>(x), run});
    }
    ink.row_begin.push_back(static_cast<std::uint32_t>(ink.runs.size()));
  }
  ink.coverage.assign(ink.runs.size() * run, 255);
  ink.coverage_begin.push_back(ink.coverage.size());
  return ink;
}

std::uint32_t checksum_in(const std::vector<std::uint8_t>& stream) {
  std::uint32_t sum = 0;
  for (std::size_t i = stream.size() - 4; i < stream.size(); ++i) sum = sum << 8U | stream[i];
  return sum;
}

}  // namespace

TEST_CASE("encode_deflate: the checksum is right where the longest runs and the longest gap come together") {
  for (const auto& [paper, run] : {std::pair{0, 65535}, {255, 1000}}) {
    const Ink ink = runs_and_gap(static_cast<std::uint8_t>(paper), 200, static_cast<std::uint16_t>(run));
    const kernels::PixelLayout layout{ink.shape, PixelType::uint8};
    const InkCode code((kernels::InkStatistics(layout)));
    DeflateEncoder encoder(code, 1);
    std::vector<std::uint8_t> out;
    CHECK(encoder.add(ink.image(0), out));
    CHECK(out.size() <= DeflateEncoder::max_chunk_bytes(layout, 1));
    CHECK(checksum_in(out) == adler32_of(ink.image(0), layout));
  }
}

TEST_CASE("encode_deflate: the checksum's sums never grow out of their type, however many images there are") {
  constexpr std::int64_t modulus = kernels::InkWriter::modulus;
  for (const std::int64_t sum : {std::int64_t{1} << 62, -(std::int64_t{1} << 62)}) {
    kernels::InkWriter writer;
    writer.deviation = writer.second = writer.weighted = sum;
    writer.count_paper(std::uint64_t{1} << 40);
    CHECK(writer.deviation == sum % modulus);
    CHECK(writer.weighted == sum % modulus);
    CHECK(writer.second == sum % modulus + (std::int64_t{1} << 40) % modulus * (sum % modulus));
  }
}

TEST_CASE("encode_deflate: zlib gives back the pixels of every image of the chunk, and paper behind the last") {
  const std::uint32_t seed = 7;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::size_t i = 0; i < 60; ++i) {
    const ImageShape shape = test::random_shape(i, random);
    const std::size_t per_chunk = random.between(1, 4);
    const auto type = static_cast<PixelType>(random.between(0, 1));
    const Ink ink = test::random_ink(shape, 7, random);
    const InkCode code = code_for(ink, type, random.between(0, 3));
    DeflateEncoder encoder(code, per_chunk);
    std::vector<std::uint8_t> out{1, 2, 3};  // What is there stays.
    std::vector<std::uint8_t> pixels;
    std::size_t start = out.size();
    const auto check_chunk = [&] {
      pixels.resize(per_chunk * shape.n_pixels(), shape.paper);
      const auto expected = as_stored(pixels, type);
      CHECK(inflated(std::span(out).subspan(start), expected.size()) == expected);
      CHECK(out.size() - start <= DeflateEncoder::max_chunk_bytes({shape, type}, per_chunk));
      start = out.size();
      pixels.clear();
    };
    for (std::size_t image = 0; image < ink.n_images(); ++image) {
      const auto gray = test::pixels_of(ink.image(image));
      pixels.insert(pixels.end(), gray.begin(), gray.end());
      const bool complete = encoder.add(ink.image(image), out);
      CHECK(complete == ((image + 1) % per_chunk == 0));
      if (complete) check_chunk();
    }
    CHECK(encoder.pad(out) == (7 % per_chunk != 0));
    if (start != out.size()) check_chunk();
    CHECK_FALSE(encoder.pad(out));
    CHECK(out.size() == start);
    CHECK(out[2] == 3);
  }
}

TEST_CASE("encode_deflate: the stream depends on the image alone, not on those before it") {
  test::Random random(3);
  const ImageShape shape{300, 200, 255, 0};
  const Ink ink = test::random_ink(shape, 6, random);
  const InkCode code = code_for(ink, PixelType::uint8, 3);
  DeflateEncoder used(code, 1);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      DeflateEncoder fresh(code, 1);
      std::vector<std::uint8_t> a;
      std::vector<std::uint8_t> b;
      CHECK(used.add(ink.image(i), a));
      CHECK(fresh.add(ink.image(i), b));
      CHECK(a == b);
    }
  }
}

TEST_CASE("encode_deflate: noise stays within the promised size") {
  test::Random random(4);
  const ImageShape shape{1000, 700, 255, 0};
  Ink ink;
  ink.shape = shape;
  test::append_image(ink, test::random_coverage(shape, 1, random));
  for (const PixelType type : {PixelType::uint8, PixelType::float32}) {
    const InkCode code = code_for(ink, type, 0);
    DeflateEncoder encoder(code, 1);
    std::vector<std::uint8_t> out;
    CHECK(encoder.add(ink.image(0), out));
    CHECK(out.size() <= DeflateEncoder::max_chunk_bytes({shape, type}, 1));
    const auto expected = as_stored(test::pixels_of(ink.image(0)), type);
    CHECK(inflated(out, expected.size()) == expected);
  }
}

TEST_CASE("encode_deflate: into memory that is large enough nothing is allocated") {
  test::Random random(5);
  const Ink ink = test::random_ink({64, 64, 255, 0}, 6, random);
  const InkCode code = code_for(ink, PixelType::uint8, 6);
  DeflateEncoder encoder(code, 2);
  std::vector<std::uint8_t> out;
  out.reserve(4 * DeflateEncoder::max_chunk_bytes({ink.shape, PixelType::uint8}, 2));
  const std::uint8_t* const memory = out.data();
  for (std::size_t i = 0; i < ink.n_images(); ++i) CHECK(encoder.add(ink.image(i), out) == (i % 2 == 1));
  CHECK(out.data() == memory);
}

TEST_CASE("encode_deflate: every instruction set gives the same bytes, also where a block of runs ends anywhere") {
  const std::uint32_t seed = 8;
  CAPTURE(seed);
  test::Random random(seed);
  for (std::size_t i = 0; i < 12; ++i) {
    const ImageShape shape{random.between(1, 900), random.between(1, 90), 250, 3};
    const Ink ink = test::random_ink(shape, 6, random);
    for (const PixelType type : {PixelType::uint8, PixelType::float32}) {
      const InkCode code = code_for(ink, type, 6);
      std::vector<std::uint8_t> first;
      test::for_each_simd_target([&](const std::string& target) {
        CAPTURE(target);
        DeflateEncoder encoder(code, 4);
        std::vector<std::uint8_t> out;
        for (std::size_t image = 0; image < ink.n_images(); ++image) {
          CHECK(encoder.add(ink.image(image), out) == (image == 3));
          if (image != 3) continue;
          std::vector<std::uint8_t> pixels;
          for (std::size_t k = 0; k < 4; ++k) {
            const auto gray = test::pixels_of(ink.image(k));
            pixels.insert(pixels.end(), gray.begin(), gray.end());
          }
          const auto expected = as_stored(pixels, type);
          CHECK(inflated(out, expected.size()) == expected);
        }
        CHECK(encoder.pad(out));
        if (first.empty()) first = out;
        CHECK(out == first);
      });
    }
  }
}

TEST_CASE("encode_deflate: runs and gaps as long as rows can be") {
  test::Random random(9);
  const ImageShape shape{65535, 40, 255, 0};
  for (const std::uint32_t longest : {6U, 200000U}) {
    Ink ink;
    ink.shape = shape;
    std::vector<std::uint8_t> coverage(shape.n_pixels(), 0);
    for (std::size_t i = random.between(0, 90000); i < coverage.size(); i += random.between(1, 300000)) {
      const std::size_t end = std::min<std::size_t>(coverage.size(), i + random.between(1, longest));
      const auto share = static_cast<std::uint8_t>(random.between(0, 1) == 0 ? 255 : random.between(1, 255));
      for (; i < end; ++i) coverage[i] = share;
    }
    test::append_image(ink, coverage);
    for (const PixelType type : {PixelType::uint8, PixelType::float32}) {
      const InkCode code = code_for(ink, type, 1);
      DeflateEncoder encoder(code, 1);
      std::vector<std::uint8_t> out;
      CHECK(encoder.add(ink.image(0), out));
      const auto expected = as_stored(test::pixels_of(ink.image(0)), type);
      CHECK(inflated(out, expected.size()) == expected);
    }
  }
}
