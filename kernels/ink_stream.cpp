// See ink_stream.hpp.
//
// Adler-32 (RFC 1950, 8.2) is two sums modulo 65521 over the bytes p_0 ... p_{n-1}: a = 1 + sum p_i and
// b = n + sum (n - i) p_i. Both are linear in the bytes, so those of blank paper are known beforehand, and each ink
// pixel adds what it differs by.
#include "kernels/ink_stream.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace plotmill::kernels {
namespace {

constexpr std::uint64_t adler_modulus = 65521;
constexpr std::uint64_t longest_match = 258;
constexpr std::uint64_t flush_room = 16;

std::uint64_t modulo(std::int64_t sum) {
  const auto modulus = static_cast<std::int64_t>(adler_modulus);
  return static_cast<std::uint64_t>((sum % modulus + modulus) % modulus);
}

/// 1 + 2 + ... + n, modulo 65521.
std::uint64_t triangle(std::uint64_t n) {
  const std::uint64_t even = n % 2 == 0 ? n / 2 : n;
  const std::uint64_t odd = n % 2 == 0 ? n + 1 : n / 2 + 1;
  return even % adler_modulus * (odd % adler_modulus) % adler_modulus;
}

/// Room for `n` bytes behind what is in a vector, while it is written through a pointer.
class Appending {
 public:
  Appending(std::vector<std::uint8_t>& out, std::uint64_t n, BitWriter& writer) : out_(out), writer_(writer) {
    const std::size_t used = out.size();
    out.resize(used + n + flush_room);
    writer.write_to(out.data() + used);
  }
  Appending(const Appending&) = delete;
  Appending& operator=(const Appending&) = delete;
  ~Appending() {
    const auto used = static_cast<std::size_t>(writer_.position() - out_.data());
    assert(used + sizeof(std::uint64_t) <= out_.size());
    out_.resize(used);
  }

 private:
  std::vector<std::uint8_t>& out_;
  BitWriter& writer_;
};

/// Bytes that n_bytes of paper take at most, cut into any pieces that long repeats are made of.
std::uint64_t max_paper_bytes(std::uint64_t n_bytes) { return n_bytes / InkCode::longer_repeat_bytes * 4 + 16; }

/// n_pixels of paper, for gaps that no table holds whole.
template <std::size_t pixel_bytes>
[[gnu::noinline]] BitWriter write_long_gap(const InkCode& code, std::uint64_t n_pixels, BitWriter writer) {
  writer.write(code.paper());
  std::uint64_t n_bytes = (n_pixels - 1) * pixel_bytes;
  for (; n_bytes > InkCode::max_repeat_bytes; n_bytes -= InkCode::longer_repeat_bytes) {
    writer.write(code.longer_repeat());
  }
  writer.write(code.paper_repeat(n_bytes));
  return writer;
}

template <std::size_t pixel_bytes>
[[gnu::always_inline]] inline void write_gap(const InkCode& code, std::uint64_t n_pixels, BitWriter& writer) {
  if (n_pixels <= InkCode::n_short_gaps) {
    if (const BitString gap = code.short_gap(n_pixels); gap.n_bits != 0) return writer.write(gap);
  }
  writer = write_long_gap<pixel_bytes>(code, n_pixels, writer);
}

/// `weight` is the first byte's in Adler-32's second sum.
[[gnu::always_inline]] inline void count_run(std::uint64_t weight, std::int64_t deviation, std::int64_t weighted,
                                             InkWriter& writer) {
  writer.deviation += deviation;
  writer.weighted_deviation += static_cast<std::int64_t>(weight) * deviation - weighted;
  // Each run adds less than 2^36 * 2^26.
  constexpr std::int64_t limit = std::int64_t{1} << 61;
  if (writer.weighted_deviation > limit || writer.weighted_deviation < -limit) {
    writer.weighted_deviation %= static_cast<std::int64_t>(adler_modulus);
  }
}

/// A run of any length: stretches of equal pixels become matches where that is shorter.
template <std::size_t pixel_bytes>
[[gnu::noinline]] InkWriter write_long_run(const InkCode& code, const std::uint8_t* coverage, std::uint32_t n,
                                           std::uint64_t weight, InkWriter writer) {
  std::int64_t deviation = 0;
  std::int64_t weighted = 0;
  for (std::uint32_t i = 0; i < n;) {
    const PixelCode& pixel = code.pixel(coverage[i]);
    std::uint32_t n_equal = 1;
    while (i + n_equal < n && coverage[i + n_equal] == coverage[i]) ++n_equal;
    // Sum of the places i ... i + n_equal - 1.
    const std::int64_t places = std::int64_t{n_equal} * (2 * std::int64_t{i} + n_equal - 1) / 2;
    deviation += std::int64_t{pixel.deviation} * n_equal;
    weighted += pixel.deviation * places * static_cast<std::int64_t>(pixel_bytes) +
                std::int64_t{pixel.weighted_deviation} * n_equal;
    i += n_equal;
    writer.bits.write({pixel.bits, pixel.n_bits});
    std::uint64_t n_bytes = (n_equal - 1) * pixel_bytes;
    while (n_bytes >= 3) {
      // Whole pixels, so that what is left can be written as pixels.
      const std::uint64_t n_match = std::min(n_bytes, longest_match / pixel_bytes * pixel_bytes);
      const BitString match = code.match(n_match);
      if (match.n_bits >= n_match / pixel_bytes * pixel.n_bits) break;
      writer.bits.write(match);
      n_bytes -= n_match;
    }
    for (; n_bytes > 0; n_bytes -= pixel_bytes) writer.bits.write({pixel.bits, pixel.n_bits});
  }
  count_run(weight, deviation, weighted, writer);
  return writer;
}

template <std::size_t pixel_bytes>
[[gnu::always_inline]] inline void write_run(const InkCode& code, const std::uint8_t* coverage, std::uint32_t n,
                                             const std::uint8_t* end, std::uint64_t weight, InkWriter& writer) {
  constexpr std::uint32_t at_once = 4;
  if (n > at_once || end - coverage < at_once) {
    writer = write_long_run<pixel_bytes>(code, coverage, n, weight, writer);
    return;
  }
  // Most runs are short, and how short cannot be predicted: four pixels without a branch. Those behind the run's end
  // are masked to coverage 0, which is written as nothing.
  constexpr std::array<std::uint32_t, at_once + 1> masks{0, 0xff, 0xffff, 0xffffff, 0xffffffff};
  std::uint32_t pixels = 0;
  std::memcpy(&pixels, coverage, sizeof(pixels));
  pixels &= masks[n];
  std::int64_t deviation = 0;
  std::int64_t weighted = 0;
#pragma GCC unroll 4
  for (std::uint32_t i = 0; i < at_once; ++i) {
    const PixelCode& pixel = code.pixel(static_cast<std::uint8_t>(pixels >> 8U * i));
    writer.bits.put(pixel.bits, pixel.n_bits);
    if constexpr (pixel_bytes > 1) writer.bits.flush();
    deviation += pixel.deviation;
    weighted += pixel.deviation * static_cast<std::int64_t>(i * pixel_bytes);
    if constexpr (pixel_bytes > 1) weighted += pixel.weighted_deviation;
  }
  if constexpr (pixel_bytes == 1) writer.bits.flush();
  count_run(weight, deviation, weighted, writer);
}

}  // namespace

std::uint64_t InkStream::max_bytes(const PixelLayout& layout, std::uint64_t n_images) noexcept {
  constexpr std::uint64_t header_and_checksum = 1024;
  return header_and_checksum + n_images * layout.image_bytes() / 8 * InkCode::max_bits +
         n_images * layout.image_bytes() % 8 * InkCode::max_bits;
}

void InkStream::begin(std::uint64_t n_images, std::vector<std::uint8_t>& out) {
  n_bytes_ = n_images * code_->layout().image_bytes();
  begin_byte_ = gap_from_ = 0;
  n_blank_rows_ = 0;
  after_blank_row_ = false;
  writer_ = {};
  out.insert(out.end(), code_->header().begin(), code_->header().end());
  writer_.bits.put(code_->header_end().bits, code_->header_end().n_bits);
}

void InkStream::add(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == code_->layout().shape);
  const PixelLayout& layout = code_->layout();
  // Twelve bits a byte of ink, at most 57 bits twice a run or row for the paper before it.
  const std::uint64_t bound =
      image.coverage.size() * layout.pixel_bytes() * 3 / 2 +
      16 * (image.runs.size() + (layout.filter_bytes ? 2 * std::uint64_t{layout.shape.height} : 1)) +
      max_paper_bytes(begin_byte_ + layout.image_bytes() - gap_from_) +
      max_paper_bytes(n_blank_rows_ * layout.row_bytes());
  const Appending room(out, bound, writer_.bits);
  if (layout.filter_bytes) {
    add_filtered_rows(image);
  } else if (layout.type == PixelType::uint8) {
    add_rows<1>(image);
  } else {
    add_rows<4>(image);
  }
  begin_byte_ += layout.image_bytes();
}

// The loops work on a local copy of the writer, which then stays in registers: bytes stored through a pointer could
// otherwise be the writer itself.

template <std::size_t pixel_bytes>
void InkStream::add_rows(const InkImageView& image) {
  InkWriter writer = writer_;
  const InkCode& code = *code_;
  const std::uint64_t row_bytes = code.layout().row_bytes();
  const std::uint8_t* coverage = image.coverage.data();
  const std::uint8_t* const end = coverage + image.coverage.size();
  const Run* run = image.runs.data();
  std::uint64_t row_from = begin_byte_;
  std::uint64_t gap_from = gap_from_;
  for (std::size_t y = 0; y < image.shape.height; ++y, row_from += row_bytes) {
    const Run* const row_end = image.runs.data() + (image.row_begin[y + 1] - image.row_begin[0]);
    for (; run != row_end; ++run) {
      const std::uint64_t position = row_from + run->x * pixel_bytes;
      if (position != gap_from) write_gap<pixel_bytes>(code, (position - gap_from) / pixel_bytes, writer.bits);
      write_run<pixel_bytes>(code, coverage, run->n, end, n_bytes_ - position, writer);
      coverage += run->n;
      gap_from = position + run->n * pixel_bytes;
    }
  }
  gap_from_ = gap_from;
  writer_ = writer;
}

void InkStream::add_filtered_rows(const InkImageView& image) {
  const InkCode& code = *code_;
  const std::uint64_t row_bytes = code.layout().row_bytes();
  const std::uint8_t* coverage = image.coverage.data();
  const std::uint8_t* const end = coverage + image.coverage.size();
  const Run* run = image.runs.data();
  std::uint64_t row_from = begin_byte_;
  for (std::size_t y = 0; y < image.shape.height; ++y, row_from += row_bytes) {
    const Run* const row_end = image.runs.data() + (image.row_begin[y + 1] - image.row_begin[0]);
    if (run == row_end && after_blank_row_ && code.can_repeat_rows()) {
      ++n_blank_rows_;
      continue;
    }
    write_blank_rows();
    after_blank_row_ = run == row_end;
    InkWriter writer = writer_;
    writer.bits.write(code.filter_byte());
    std::uint64_t gap_from = row_from + 1;
    for (; run != row_end; ++run) {
      const std::uint64_t position = row_from + 1 + run->x;
      if (position != gap_from) write_gap<1>(code, position - gap_from, writer.bits);
      write_run<1>(code, coverage, run->n, end, n_bytes_ - position, writer);
      coverage += run->n;
      gap_from = position + run->n;
    }
    if (gap_from != row_from + row_bytes) write_gap<1>(code, row_from + row_bytes - gap_from, writer.bits);
    writer_ = writer;
  }
  gap_from_ = row_from - n_blank_rows_ * row_bytes;
}

void InkStream::write_blank_rows() {
  std::uint64_t n_bytes = n_blank_rows_ * code_->layout().row_bytes();
  n_blank_rows_ = 0;
  while (n_bytes >= 3) {
    const std::uint64_t n_match = std::min(n_bytes, longest_match);
    writer_.bits.write(code_->row_match(n_match));
    n_bytes -= n_match;
  }
  // The last bytes of a row of at least two pixels.
  writer_.bits.write(code_->paper_repeat(n_bytes));
}

void InkStream::finish(std::vector<std::uint8_t>& out) {
  const PixelLayout& layout = code_->layout();
  const std::uint64_t rest = n_bytes_ - gap_from_;
  const Appending room(out, max_paper_bytes(rest) * (layout.filter_bytes ? 2 : 1) + 64, writer_.bits);
  if (layout.filter_bytes) {
    write_blank_rows();
  } else if (rest > 0) {
    if (layout.type == PixelType::uint8) {
      write_gap<1>(*code_, rest, writer_.bits);
    } else {
      write_gap<4>(*code_, rest / 4, writer_.bits);
    }
  }
  writer_.bits.write(code_->end_of_block());
  writer_.bits.align();
  const std::uint32_t sum = adler32();
  for (const unsigned shift : {24U, 16U, 8U, 0U}) writer_.bits.put(sum >> shift & 0xffU, 8);
  writer_.bits.flush();
}

std::uint32_t InkStream::adler32() const {
  const PixelLayout& layout = code_->layout();
  const auto paper = layout.pixels()[0];
  const std::uint64_t n_pixels = n_bytes_ / layout.image_bytes() * layout.shape.n_pixels();
  // The sums of paper. Byte j of every pixel: the weights n_bytes - i are those of byte 0 less j.
  std::uint64_t a = 1;
  std::uint64_t b = n_bytes_ % adler_modulus;
  // Weights of the first bytes of all pixels.
  std::uint64_t weights = 0;
  if (layout.filter_bytes) {
    // All weights less those of the filter bytes, which are row_bytes apart from row_bytes on.
    const std::uint64_t n_rows = n_bytes_ / layout.row_bytes();
    weights =
        triangle(n_bytes_) + adler_modulus * adler_modulus - triangle(n_rows) * (layout.row_bytes() % adler_modulus);
  } else {
    weights = triangle(n_pixels) * layout.pixel_bytes();
  }
  weights %= adler_modulus;
  for (std::size_t byte = 0; byte < layout.pixel_bytes(); ++byte) {
    const std::uint64_t here = weights + adler_modulus * adler_modulus - byte * (n_pixels % adler_modulus);
    a += paper[byte] * (n_pixels % adler_modulus);
    b += paper[byte] * (here % adler_modulus);
  }
  a = (a + modulo(writer_.deviation)) % adler_modulus;
  b = (b + modulo(writer_.weighted_deviation)) % adler_modulus;
  return static_cast<std::uint32_t>(b << 16U | a);
}

}  // namespace plotmill::kernels
