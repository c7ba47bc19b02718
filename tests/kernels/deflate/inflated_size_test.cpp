// The judge is zlib, which made the streams.
#include "kernels/deflate/inflated_size.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "support/random_ink.hpp"

namespace {

std::optional<std::uint64_t> inflated_size(std::span<const std::uint8_t> stream, std::uint64_t most) {
  static plotmill::kernels::InflatedSize size;
  return size.of(stream, most);
}

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

std::vector<std::uint8_t> stream_of(const std::vector<std::uint8_t>& bytes, int level) {
  uLongf n = compressBound(bytes.size());
  std::vector<std::uint8_t> stream(n);
  REQUIRE(compress2(stream.data(), &n, bytes.data(), bytes.size(), level) == Z_OK);
  stream.resize(n);
  return stream;
}

}  // namespace

TEST_CASE("inflated_size: that of every stream, of whatever size and level, and what follows it does no harm") {
  plotmill::test::Random random(31);
  for (const std::size_t n : {0U, 1U, 399U, 65535U, 65536U, 65537U, 131072U, 1000000U}) {
    for (const int level : {0, 1, 6, 9}) {
      for (const std::uint32_t most : {0U, 3U, 255U}) {
        std::vector<std::uint8_t> bytes(n);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.between(0, most));
        std::vector<std::uint8_t> stream = stream_of(bytes, level);
        CHECK(inflated_size(stream, any) == n);
        stream.insert(stream.end(), 4, 7);
        CHECK(inflated_size(stream, n) == n);
        if (n > 0) CHECK_FALSE(inflated_size(stream, n - 1));
      }
    }
  }
}

TEST_CASE("inflated_size: a stream that ends early or is damaged has none") {
  std::vector<std::uint8_t> bytes(3000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i >> 5U);
  const std::vector<std::uint8_t> stream = stream_of(bytes, 6);
  for (std::size_t n = 0; n < stream.size(); ++n) CHECK_FALSE(inflated_size(std::span(stream).first(n), any));
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, stream.size() / 2, stream.size() - 1}) {
    std::vector<std::uint8_t> damaged = stream;
    damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 0x21U);
    CHECK_FALSE(inflated_size(damaged, any));
  }
}

TEST_CASE("inflated_size: the first bytes are kept where they are asked for") {
  std::vector<std::uint8_t> bytes(200000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i >> 5U);
  const std::vector<std::uint8_t> stream = stream_of(bytes, 6);
  for (const std::size_t n : {std::size_t{0}, std::size_t{21}, std::size_t{70000}, bytes.size() + 9}) {
    std::vector<std::uint8_t> front(n, 77);
    plotmill::kernels::InflatedSize size;
    CHECK(size.of(stream, any, front) == bytes.size());
    const std::size_t n_kept = std::min(n, bytes.size());
    CHECK(std::equal(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(n_kept), bytes.begin()));
    CHECK(std::count(front.begin() + static_cast<std::ptrdiff_t>(n_kept), front.end(), 77) ==
          static_cast<std::ptrdiff_t>(n - n_kept));
  }
}

TEST_CASE("inflated_size: a stream that inflates without end is given up early") {
  const std::vector<std::uint8_t> stream = stream_of(std::vector<std::uint8_t>(std::size_t{100} << 20U), 9);
  CHECK_FALSE(inflated_size(stream, 1000));
  CHECK(inflated_size(stream, any) == std::uint64_t{100} << 20U);
}
