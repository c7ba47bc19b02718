#include "kernels/jpeg/bits.hpp"

#include <doctest/doctest.h>

#include "support/random_ink.hpp"

using namespace plotmill;
using namespace plotmill::kernels;

TEST_CASE("jpeg_bits: codes of every length come out bit by bit, padded with ones") {
  const std::uint32_t seed = 41;
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 200; ++i) {
    std::vector<bool> expected;
    std::vector<std::uint8_t> memory(200 * 8 + JpegBitWriter::slack);
    JpegBitWriter bits(memory.data());
    const std::uint32_t n_codes = random.between(0, 200);
    for (std::uint32_t k = 0; k < n_codes; ++k) {
      const std::uint32_t length = random.between(1, JpegBitWriter::max_length);
      const std::uint64_t noise = std::uint64_t{random.between(0, ~0U)} << 32U | random.between(0, ~0U);
      const std::uint64_t code = noise >> (64 - length);
      if (length <= 28) {  // Two codes in one step.
        bits.add(code, length);
        bits.put(code, length);
      } else {
        bits.put(code, length);
      }
      for (int copy = length <= 28 ? 2 : 1; copy != 0; --copy) {
        for (std::uint32_t bit = length; bit-- > 0;) expected.push_back((code >> bit & 1U) != 0);
      }
    }
    bits.pad();
    while (expected.size() % 8 != 0) expected.push_back(true);
    REQUIRE(static_cast<std::size_t>(bits.end() - memory.data()) == expected.size() / 8);
    bool same = true;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      same = same && ((unsigned{memory[k / 8]} >> (7 - k % 8) & 1U) != 0) == expected[k];
    }
    CHECK(same);
  }
}

TEST_CASE("jpeg_bits: a zero byte follows each 0xff and nothing else") {
  const std::uint32_t seed = 42;
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bytes(random.between(0, 40));
    const std::uint32_t rarity = random.between(0, 12);
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(random.between(0, rarity) == 0 ? 255 : random.between(120, 255));
    }
    std::vector<std::uint8_t> expected{7}, out{7};
    for (const std::uint8_t byte : bytes) {
      expected.push_back(byte);
      if (byte == 0xff) expected.push_back(0);
    }
    append_stuffed(bytes.data(), bytes.data() + bytes.size(), out);
    REQUIRE(out == expected);
  }
}
