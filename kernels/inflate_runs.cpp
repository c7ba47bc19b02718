// See inflate_runs.hpp.
#include "kernels/inflate_runs.hpp"

#include <algorithm>
#include <cstring>

namespace plotmill::kernels {
namespace {

constexpr std::uint64_t adler_modulus = 65521;

// What a code stands for, packed so that one load tells all: the run goes on with `value`, or with the byte before
// where `keep` is 0xff. Bits of all fields from the lowest: all bits that it takes, those before the extra bits, those
// before the distance, mask of the extra bits, least length, value, keep.
struct Step {
  unsigned all = 0, code = 0, before_distance = 0, extra_mask = 0, least = 0, value = 0, keep = 0;

  [[nodiscard]] constexpr std::uint64_t packed() const {
    return std::uint64_t{all} | std::uint64_t{code} << 8U | std::uint64_t{before_distance} << 14U |
           std::uint64_t{extra_mask} << 20U | std::uint64_t{least} << 26U | std::uint64_t{value} << 40U |
           std::uint64_t{keep} << 48U;
  }
};
constexpr std::uint64_t end_step = std::uint64_t{1} << 62U;  // And in the lowest bits, how many it takes.
constexpr std::uint64_t no_step = std::uint64_t{1} << 63U;

constexpr std::array<std::uint16_t, 29> least_length{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                     31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};

constexpr unsigned extra_bits(std::size_t i) { return i < 8 || i == 28 ? 0 : static_cast<unsigned>(i / 4 - 1); }

// Codes by their lengths (RFC 1951, 3.2.2): calls take(symbol, length, code with its first bit lowest). False where the
// lengths are no complete code or one is longer than `most`.
template <class Take>
bool assign_codes(std::span<const std::uint8_t> lengths, unsigned most, Take take) {
  std::array<std::uint32_t, 17> next{};
  std::array<std::uint32_t, 16> count{};
  for (const std::uint8_t length : lengths) ++count[length];
  count[0] = 0;
  std::uint32_t room = 1;
  for (unsigned n = 1; n < count.size(); ++n) {
    room *= 2;
    if (count[n] > room || (n > most && count[n] > 0)) return false;
    room -= count[n];
    next[n + 1] = (next[n] + count[n]) << 1U;
  }
  if (room != 0) return false;
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const unsigned n = lengths[symbol];
    if (n == 0) continue;
    std::uint32_t reversed = 0;
    for (unsigned i = 0, code = next[n]++; i < n; ++i, code >>= 1U) reversed = reversed << 1U | (code & 1U);
    take(symbol, n, reversed);
  }
  return true;
}

}  // namespace

bool InflateRuns::is_whole(std::span<const std::uint8_t> stream, std::uint64_t n_bytes) {
  constexpr std::size_t frame = 6;
  if (stream.size() < frame || stream[0] != 0x78 || (256U * stream[0] + stream[1]) % 31 != 0 ||
      (stream[1] & 32U) != 0) {
    return false;
  }
  n_input_ = stream.size();
  if (input_.size() < n_input_ + StreamBits::slack) input_.resize(n_input_ + StreamBits::slack);
  std::ranges::copy(stream, input_.begin());
  std::fill_n(input_.begin() + static_cast<std::ptrdiff_t>(n_input_), StreamBits::slack, std::uint8_t{0});

  StreamBits bits(input_.data(), has_known_code() ? header_bits_ : 16);
  if (!has_known_code() && !read_code(bits)) return false;
  std::uint64_t a = 1;
  std::uint64_t b = 0;
  std::uint64_t n_out = 0;
  std::uint64_t last = 0;
  std::uint64_t wrong = 0;  // Not 0: a distance is not that to the byte before.
  std::uint64_t step = 0;
  // A run of the byte before the first is damage.
  if ((steps_[static_cast<std::size_t>(bits.next() & ((1U << table_bits) - 1))] >> 48U & 1U) != 0) return false;
  // Returns false at the end of the block.
  const auto go = [&] {
    const std::uint64_t next = bits.next();
    step = steps_[static_cast<std::size_t>(next & ((1U << table_bits) - 1))];
    if (step >= end_step) return false;
    const std::uint64_t extra = next >> (step >> 8U & 63U) & (step >> 20U & 63U);
    const std::uint64_t n = (step >> 26U & 511U) + extra;
    wrong |= next >> (step >> 14U & 63U) & (step >> 48U) & 1U;
    last = (last & (step >> 48U)) | (step >> 40U & 255U);
    b += n * a + last * (n * (n + 1) / 2);
    a += n * last;
    n_out += n;
    bits.pass(static_cast<unsigned>(step & 255U));
    return true;
  };
  // The sums stay far below 2^64 for so many steps.
  constexpr int steps_between_moduli = 1 << 14;
  for (bool goes_on = true; goes_on;) {
    for (int i = 0; i < steps_between_moduli && goes_on; ++i) {
      bits.refill();
      // Three take 54 bits at most.
      goes_on = wrong == 0 && go() && go() && go();
    }
    a %= adler_modulus;
    b %= adler_modulus;
    if (wrong != 0 || bits.n_bytes() > n_input_) return false;
  }
  if (step == no_step || n_out != n_bytes) return false;
  bits.pass(static_cast<unsigned>(step & 255U));
  const std::size_t trailer = bits.n_bytes();
  if (trailer + 4 != n_input_) return false;
  std::uint32_t expected = 0;
  for (std::size_t i = 0; i < 4; ++i) expected = expected << 8U | input_[trailer + i];
  return expected == (b << 16U | a);
}

bool InflateRuns::has_known_code() const noexcept {
  const std::size_t whole = header_bits_ / 8;
  if (header_bits_ == 0 || n_input_ <= whole || std::memcmp(header_.data(), input_.data(), whole) != 0) return false;
  return ((header_[whole] ^ input_[whole]) & ((1U << header_bits_ % 8) - 1)) == 0;
}

bool InflateRuns::read_code(StreamBits& bits) {
  constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  header_bits_ = 0;
  if (bits.take(3) != 5) return false;  // The last block, with a code of its own.
  const std::size_t n_literals = 257 + bits.take(5);
  const std::size_t n_distances = 1 + bits.take(5);
  const std::size_t n_lengths = 4 + bits.take(4);
  if (n_literals > 286 || n_distances > 30) return false;
  std::array<std::uint8_t, 19> of_length{};
  for (std::size_t i = 0; i < n_lengths; ++i) {
    bits.refill();
    of_length[order[i]] = static_cast<std::uint8_t>(bits.take(3));
  }
  std::array<std::uint8_t, 128> symbols{};
  const auto fill = [&](std::size_t symbol, unsigned n, std::uint32_t code) {
    for (std::size_t at = code; at < symbols.size(); at += std::size_t{1} << n) {
      symbols[at] = static_cast<std::uint8_t>(symbol);
    }
  };
  if (!assign_codes(of_length, 7, fill)) return false;
  std::array<std::uint8_t, 286 + 30> lengths{};
  for (std::size_t i = 0; i < n_literals + n_distances;) {
    bits.refill();
    if (bits.n_bytes() > n_input_) return false;
    const std::uint8_t symbol = symbols[static_cast<std::size_t>(bits.next() & 127U)];
    bits.pass(of_length[symbol]);
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol == 16 && i == 0) return false;
    const std::uint8_t value = symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
    const std::size_t n = symbol == 16 ? 3 + bits.take(2) : symbol == 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (i + n > n_literals + n_distances) return false;
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), n, value);
    i += n;
  }
  // The distance to the byte before has the code 0 of one bit, and there is at most one more.
  const auto distances = std::span(lengths).subspan(n_literals, n_distances);
  const auto n_ones = std::ranges::count(distances, 1);
  if (distances[0] != 1 || n_ones > 2 || n_ones + std::ranges::count(distances, 0) != std::ssize(distances))
    return false;
  if (!make_steps(std::span(lengths).first(n_literals))) return false;
  header_.assign(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(bits.n_bits() / 8 + 1));
  header_bits_ = static_cast<unsigned>(bits.n_bits());
  return true;
}

bool InflateRuns::make_steps(std::span<const std::uint8_t> lengths) {
  if (lengths[256] == 0) return false;
  steps_.fill(no_step);
  return assign_codes(lengths, table_bits, [&](std::size_t symbol, unsigned n, std::uint32_t code) {
    std::uint64_t step = end_step | n;
    if (symbol < 256) {
      step = Step{.all = n, .least = 1, .value = static_cast<unsigned>(symbol)}.packed();
    } else if (symbol > 256) {
      const unsigned extra = extra_bits(symbol - 257);
      step = Step{.all = n + extra + 1,
                  .code = n,
                  .before_distance = n + extra,
                  .extra_mask = (1U << extra) - 1,
                  .least = least_length[symbol - 257],
                  .keep = 0xff}
                 .packed();
    }
    for (std::size_t at = code; at < steps_.size(); at += std::size_t{1} << n) steps_[at] = step;
  });
}

}  // namespace plotmill::kernels
