// See inflate_check.hpp.
#include "kernels/inflate_check.hpp"

#include <igzip_lib.h>

#include <algorithm>
#include <cstring>

namespace plotmill::kernels {
namespace {

constexpr const char* damaged = "the data do not decompress";
constexpr const char* ends_early = "the data end early";

constexpr std::size_t history = 32768;
// Bytes that come out until the history is moved to the front.
constexpr std::size_t between_moves = 3 * history;
constexpr std::size_t most_match = 258;
// Copies are made in steps of so many bytes, and so run over by less.
constexpr std::size_t step = 32;
// What one turn of the loop puts out at most: a few literals and a match.
constexpr std::size_t window_slack = 8 + most_match + step;

// The mask says to the compiler that the number fits.
constexpr InflateEntry copy_entry(std::uint32_t least, std::uint32_t extra) {
  InflateEntry entry;
  entry.value = static_cast<std::uint16_t>(least);
  entry.extra = extra & 31U;
  entry.kind = InflateEntry::copy;
  return entry;
}

consteval auto literal_meanings() {
  constexpr std::array<std::uint16_t, 29> least{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  constexpr std::array<std::uint8_t, 29> extra{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                               2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  std::array<InflateEntry, 288> meanings{};
  for (std::uint16_t i = 0; i < 256; ++i) meanings[i] = {i, 0, 0, InflateEntry::literal};
  meanings[256] = {0, 0, 0, InflateEntry::end};
  for (std::size_t i = 0; i < least.size(); ++i) meanings[257 + i] = copy_entry(least[i], extra[i]);
  return meanings;
}

consteval auto distance_meanings() {
  std::array<InflateEntry, 32> meanings{};
  std::uint32_t least = 1;
  for (std::uint32_t i = 0; i < 30; ++i) {
    const std::uint32_t extra = i < 2 ? 0 : i / 2 - 1;
    meanings[i] = copy_entry(least, extra);
    least += 1U << extra;
  }
  return meanings;
}

consteval auto length_meanings() {
  std::array<InflateEntry, 19> meanings{};
  for (std::uint16_t i = 0; i < 19; ++i) meanings[i] = {i, 0, 0, InflateEntry::literal};
  return meanings;
}

constexpr auto of_literals = literal_meanings();
constexpr auto of_distances = distance_meanings();
constexpr auto of_lengths = length_meanings();

// `distance` is at least 1; there is room for `step` bytes behind.
void copy_match(std::uint8_t* out, std::size_t distance, std::size_t n) {
  std::uint8_t* const end = out + n;
  const std::uint8_t* from = out - distance;
  if (distance >= step) {
    do {
      std::memcpy(out, from, step);
      out += step;
      from += step;
    } while (out < end);
  } else if (distance == 1 || distance == sizeof(float)) {
    // Of pixels of both types the one before.
    std::uint32_t pixel = 0x01010101U * *from;
    if (distance != 1) std::memcpy(&pixel, from, sizeof pixel);
    std::array<std::uint32_t, step / sizeof pixel> pixels;
    pixels.fill(pixel);
    do {
      std::memcpy(out, pixels.data(), step);
      out += step;
    } while (out < end);
  } else {
    while (out < end) *out++ = *from++;
  }
}

}  // namespace

const char* InflateCheck::fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes) {
  if (runs_.is_whole(stream, n_bytes)) return nullptr;
  constexpr std::size_t frame = 6;
  if (stream.size() < frame) return ends_early;
  // 32 KiB of history at most, no dictionary, and the check of these two bytes.
  if ((stream[0] & 15U) != 8 || stream[0] >> 4U > 7 || (stream[1] & 32U) != 0 ||
      (256U * stream[0] + stream[1]) % 31 != 0) {
    return damaged;
  }
  if (input_.size() < stream.size() + StreamBits::slack) input_.resize(stream.size() + StreamBits::slack);
  std::ranges::copy(stream, input_.begin());
  std::fill_n(input_.begin() + static_cast<std::ptrdiff_t>(stream.size()), StreamBits::slack, std::uint8_t{0});
  window_.resize(history + between_moves + window_slack);
  n_input_ = stream.size();
  bits_ = StreamBits(input_.data(), 16);
  begin_ = flushed_ = out_ = window_.data();
  n_flushed_ = 0;
  adler_ = 1;

  if (const char* wrong = blocks()) return wrong;
  flush();
  if (n_flushed_ > n_bytes) return "the data decompress to more than they should";
  if (n_flushed_ < n_bytes) return "the data decompress to less than they should";
  const std::size_t trailer = bits_.n_bytes();
  if (n_input_ < trailer + 4) return ends_early;
  std::uint32_t expected = 0;
  for (std::size_t i = 0; i < 4; ++i) expected = expected << 8U | input_[trailer + i];
  if (expected != adler_) return "the data decompress, and their checksum is another one";
  return n_input_ > trailer + 4 ? "other bytes follow the data" : nullptr;
}

// Takes what came out into the checksum, and moves the history to the front where room runs out.
void InflateCheck::flush() {
  const auto n = static_cast<std::size_t>(out_ - flushed_);
  adler_ = isal_adler32(adler_, flushed_, n);
  n_flushed_ += n;
  const std::size_t kept = std::min(history, static_cast<std::size_t>(out_ - begin_));
  std::memmove(window_.data(), out_ - kept, kept);
  begin_ = window_.data();
  flushed_ = out_ = begin_ + kept;
}

const char* InflateCheck::blocks() {
  for (bool is_last = false; !is_last;) {
    bits_.refill();
    if (is_past_end()) return ends_early;
    is_last = bits_.take(1) != 0;
    const char* wrong = nullptr;
    switch (bits_.take(2)) {
      case 0:
        wrong = stored_block();
        break;
      case 1:
        make_fixed_codes();
        wrong = coded_block();
        break;
      case 2:
        wrong = read_codes();
        if (wrong == nullptr) wrong = coded_block();
        break;
      default:
        wrong = damaged;
    }
    if (wrong != nullptr) return wrong;
  }
  return is_past_end() ? ends_early : nullptr;
}

const char* InflateCheck::stored_block() {
  const std::size_t begin = bits_.n_bytes();
  if (n_input_ < begin + 4) return ends_early;
  const std::uint8_t* in = input_.data() + begin;
  std::size_t n = in[0] | static_cast<std::size_t>(in[1]) << 8U;
  if ((in[2] | static_cast<std::size_t>(in[3]) << 8U) != (n ^ 0xffffU)) return damaged;
  in += 4;
  if (n_input_ - begin - 4 < n) return ends_early;
  bits_ = StreamBits(input_.data(), 8 * (begin + 4 + n));
  while (n > 0) {
    flush();
    const std::size_t part = std::min(n, between_moves);
    std::memcpy(out_, in, part);
    out_ += part;
    in += part;
    n -= part;
  }
  flush();
  return nullptr;
}

void InflateCheck::make_fixed_codes() {
  std::array<std::uint8_t, 288> lengths{};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    lengths[i] = static_cast<std::uint8_t>(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
  }
  std::array<std::uint8_t, 32> distances{};
  distances.fill(5);
  (void)literals_.make(lengths, of_literals);
  (void)distances_.make(distances, of_distances);
}

const char* InflateCheck::read_codes() {
  constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  const std::size_t n_literals = 257 + bits_.take(5);
  const std::size_t n_distances = 1 + bits_.take(5);
  const std::size_t n_lengths = 4 + bits_.take(4);
  if (n_literals > 286 || n_distances > 30) return damaged;
  std::array<std::uint8_t, 19> of_length{};
  for (std::size_t i = 0; i < n_lengths; ++i) {
    bits_.refill();
    of_length[order[i]] = static_cast<std::uint8_t>(bits_.take(3));
  }
  // Here a single code does not do.
  if (std::ranges::count(of_length, 0) >= 18 || !lengths_.make(of_length, of_lengths)) return damaged;
  std::array<std::uint8_t, 286 + 30> lengths{};
  for (std::size_t i = 0; i < n_literals + n_distances;) {
    bits_.refill();
    if (is_past_end()) return ends_early;
    const InflateEntry entry = lengths_.find(bits_.next());
    if (entry.kind != InflateEntry::literal) return damaged;
    (void)bits_.take(entry.bits);
    if (entry.value < 16) {
      lengths[i++] = static_cast<std::uint8_t>(entry.value);
      continue;
    }
    if (entry.value == 16 && i == 0) return damaged;
    const std::uint8_t value = entry.value == 16 ? lengths[i - 1] : std::uint8_t{0};
    const std::size_t n = entry.value == 16   ? 3 + bits_.take(2)
                          : entry.value == 17 ? 3 + bits_.take(3)
                                              : 11 + bits_.take(7);
    if (i + n > n_literals + n_distances) return damaged;
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), n, value);
    i += n;
  }
  const std::span all(lengths);
  if (lengths[256] == 0 || !literals_.make(all.first(n_literals), of_literals) ||
      !distances_.make(all.subspan(n_literals, n_distances), of_distances)) {
    return damaged;
  }
  return nullptr;
}

const char* InflateCheck::coded_block() {
  const std::uint8_t* const full = window_.data() + history + between_moves;
  // In registers: a byte that is stored through a pointer might be any member.
  StreamBits bits = bits_;
  std::uint8_t* out = out_;
  for (;;) {
    if (out >= full) {
      out_ = out;
      flush();
      out = out_;
    }
    bits.refill();
    if (bits.n_bytes() > n_input_) return ends_early;
    InflateEntry entry = literals_.first(bits.next());
    // Three literals are 33 bits at most.
    for (int i = 0; i < 3 && entry.kind == InflateEntry::literal; ++i) {
      bits.take(entry.bits);
      *out++ = static_cast<std::uint8_t>(entry.value);
      entry = literals_.first(bits.next());
    }
    if (entry.kind == InflateEntry::literal) continue;
    bits.refill();
    if (entry.kind == InflateEntry::subtable) {
      entry = literals_.second(entry, bits.next());
      if (entry.kind == InflateEntry::literal) {
        bits.take(entry.bits);
        *out++ = static_cast<std::uint8_t>(entry.value);
        continue;
      }
    }
    bits.take(entry.bits);
    if (entry.kind == InflateEntry::end) break;
    if (entry.kind != InflateEntry::copy) return damaged;
    const std::size_t n = entry.value + bits.take(entry.extra);
    const InflateEntry far = distances_.find(bits.next());
    if (far.kind != InflateEntry::copy) return damaged;
    bits.take(far.bits);
    const std::size_t distance = far.value + bits.take(far.extra);
    if (distance > static_cast<std::size_t>(out - begin_)) return damaged;
    copy_match(out, distance, n);
    out += n;
  }
  bits_ = bits;
  out_ = out;
  return nullptr;
}

}  // namespace plotmill::kernels
