// The judge is zlib.
#include "kernels/deflate/inflate_check.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <string>

#include "kernels/deflate/encode.hpp"
#include "support/random_ink.hpp"

using namespace plotmill;
using kernels::InflateCheck;

namespace {

using Bytes = std::vector<std::uint8_t>;

bool zlib_takes(const Bytes& stream, std::size_t n_bytes) {
  Bytes out(n_bytes + 1);
  uLongf n_out = out.size();
  uLong n_in = stream.size();
  return uncompress2(out.data(), &n_out, stream.data(), &n_in) == Z_OK && n_out == n_bytes && n_in == stream.size();
}

Bytes deflated(const Bytes& bytes, int level, int strategy) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 15, 8, strategy) == Z_OK);
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Chunks as write_hdf5 stores them.
std::vector<Bytes> own_chunks(const Ink& ink, kernels::PixelType type) {
  kernels::InkStatistics statistics({ink.shape, type});
  for (std::size_t i = 0; i < ink.n_images(); ++i) statistics.add(ink.image(i));
  const kernels::InkCode code(statistics);
  kernels::DeflateEncoder encoder(code, 1);
  std::vector<Bytes> chunks;
  for (std::size_t i = 0; i < ink.n_images(); ++i) REQUIRE(encoder.add(ink.image(i), chunks.emplace_back()));
  return chunks;
}

std::string text_of(const char* fault) { return fault != nullptr ? fault : "nothing"; }

}  // namespace

TEST_CASE("inflate_check: whole streams of every kind, and of no other length") {
  test::Random random(3);
  InflateCheck check;
  for (int i = 0; i < 60; ++i) {
    Bytes bytes(random.between(0, i % 6 == 0 ? 300000 : 3000));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const bool is_noise = i % 3 == 0 || at < 50 || random.between(0, 20) == 0;
      bytes[at] = is_noise ? static_cast<std::uint8_t>(random.between(0, 255)) : bytes[at - (i % 3 == 1 ? 1 : 37)];
    }
    const Bytes stream = deflated(bytes, i % 10, i % 5);
    CAPTURE(i);
    CHECK(check.fault(stream, bytes.size()) == nullptr);
    CHECK(text_of(check.fault(stream, bytes.size() + 1)) == "the data decompress to less than they should");
    if (!bytes.empty()) {
      CHECK(text_of(check.fault(stream, bytes.size() - 1)) == "the data decompress to more than they should");
    }
    Bytes longer = stream;
    longer.push_back(0);
    CHECK(text_of(check.fault(longer, bytes.size())) == "other bytes follow the data");
  }
}

TEST_CASE("inflate_check: of what write_hdf5 stores no flipped bit passes, and no cut") {
  test::Random random(5);
  for (std::size_t i = 0; i < 12; ++i) {
    const Ink ink = test::random_ink(test::random_shape(i, random), 3, random);
    InflateCheck check;
    for (Bytes& chunk : own_chunks(ink, kernels::PixelType::uint8)) {
      const std::size_t n_bytes = ink.shape.n_pixels();
      CAPTURE(i);
      CHECK(check.fault(chunk, n_bytes) == nullptr);
      const std::size_t step = 1 + chunk.size() / 200;
      for (std::size_t bit = 0; bit < 8 * chunk.size(); bit += step) {
        chunk[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        // Bits that only fill up the last byte mean nothing.
        CHECK((check.fault(chunk, n_bytes) == nullptr) == zlib_takes(chunk, n_bytes));
        chunk[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      }
      for (std::size_t n = 0; n < chunk.size(); n += step) {
        CHECK(check.fault(std::span(chunk).first(n), n_bytes) != nullptr);
      }
    }
    for (const Bytes& chunk : own_chunks(ink, kernels::PixelType::float32)) {
      CHECK(check.fault(chunk, 4 * ink.shape.n_pixels()) == nullptr);
    }
  }
}

TEST_CASE("inflate_check: the code of the last stream is not taken for that of the next") {
  InflateCheck check;
  for (const int seed : {1, 2, 1, 3, 2}) {
    Bytes bytes(5000);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(i % 7 == 0 ? i * static_cast<std::size_t>(seed) : 200);
    }
    const Bytes stream = deflated(bytes, 6, Z_RLE);
    CHECK(check.fault(stream, bytes.size()) == nullptr);
  }
}

TEST_CASE("inflate_check: no bytes at all, or noise, are no stream") {
  test::Random random(9);
  InflateCheck check;
  for (int i = 0; i < 3000; ++i) {
    Bytes noise(random.between(0, 60));
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.between(0, 255));
    if (noise.size() > 2 && i % 2 == 0) {
      noise[0] = 0x78;
      noise[1] = 0x01;
      noise[2] = static_cast<std::uint8_t>((noise[2] & ~7U) | 5U);
    }
    CHECK(check.fault(noise, 100) != nullptr);
  }
}
