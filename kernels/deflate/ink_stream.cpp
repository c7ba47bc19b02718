// See ink_stream.hpp.
#include "kernels/deflate/ink_stream.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "kernels/deflate/ink_runs.hpp"

namespace plotmill::kernels {
namespace {

constexpr std::uint64_t adler_modulus = 65521;
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

/// Bytes that n_bytes of paper take at most in all gaps that no table holds: 28 bits for each longer_repeat_bytes, and
/// 92 bits for what else there is in a gap of more than max_repeat_bytes.
std::uint64_t max_paper_bytes(std::uint64_t n_bytes) { return n_bytes / InkCode::longer_repeat_bytes * 12 + 16; }

}  // namespace

std::uint64_t InkStream::max_bytes(const PixelLayout& layout, std::uint64_t n_images) noexcept {
  constexpr std::uint64_t header_and_checksum = 1024;
  return header_and_checksum + n_images * layout.image_bytes() / 8 * InkCode::max_bits +
         n_images * layout.image_bytes() % 8 * InkCode::max_bits;
}

void InkStream::begin(std::uint64_t n_images, std::vector<std::uint8_t>& out) {
  n_bytes_ = n_to_come_ = n_images * code_->layout().image_bytes();
  gap_ = 0;
  writer_ = {};
  out.insert(out.end(), code_->header().begin(), code_->header().end());
  writer_.bits.put(code_->header_end().bits, code_->header_end().n_bits);
}

void InkStream::add(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == code_->layout().shape);
  const PixelLayout& layout = code_->layout();
  // Twelve bits a byte of ink, and the paper before each run; with filter bytes also that at a row's end and the byte.
  const std::uint64_t n_gaps = image.runs.size() + (layout.filter_bytes ? 2 * std::uint64_t{layout.shape.height} : 1);
  const std::uint64_t bound = image.coverage.size() * layout.pixel_bytes() * 3 / 2 +
                              n_gaps * (code_->most_gap_bits() / 8 + 2) +
                              max_paper_bytes(layout.image_bytes() + gap_ * layout.pixel_bytes());
  const Appending room(out, bound, writer_.bits);
  if (layout.filter_bytes) {
    write_filtered_rows(*code_, image, writer_);
  } else {
    gap_ = write_rows(*code_, image, gap_, writer_);
  }
  n_to_come_ -= layout.image_bytes();
}

void InkStream::finish(std::vector<std::uint8_t>& out) {
  const PixelLayout& layout = code_->layout();
  const std::uint64_t rest = gap_ + n_to_come_ / layout.pixel_bytes();
  const Appending room(out, max_paper_bytes(rest * layout.pixel_bytes()) + 64, writer_.bits);
  if (rest > 0) {
    if (layout.pixel_bytes() == 1) {
      write_gap<1>(*code_, rest, writer_.bits);
    } else {
      write_gap<4>(*code_, rest, writer_.bits);
    }
  }
  writer_.count_paper(rest);
  writer_.bits.write(code_->end_of_block());
  writer_.bits.align();
  const std::uint32_t sum = adler32();
  for (const unsigned shift : {24U, 16U, 8U, 0U}) writer_.bits.put(sum >> shift & 0xffU, 8);
  writer_.bits.flush();
}

std::uint32_t InkStream::adler32() const {
  const PixelLayout& layout = code_->layout();
  const auto paper = code_->paper_bytes();
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
  b = (b + modulo(writer_.second) * layout.pixel_bytes() + adler_modulus - modulo(writer_.weighted)) % adler_modulus;
  return static_cast<std::uint32_t>(b << 16U | a);
}

}  // namespace plotmill::kernels
