// See encode.hpp.
#include "kernels/jpeg/encode.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <string>

#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

constexpr std::size_t block_bytes = sizeof(JpegSamples);

// Pixels of a run that are written without asking how many there are.
constexpr std::size_t short_run = 4;

constexpr std::size_t blocks(std::uint32_t n_pixels) { return (std::size_t{n_pixels} + 7) / 8; }

constexpr std::size_t strip_bytes(std::size_t n_columns) { return n_columns * block_bytes + short_run * 8; }
constexpr std::size_t flag_bytes(std::size_t n_columns) { return (n_columns + 7) / 8 * 8; }
constexpr std::size_t code_bytes(std::size_t n_columns) {
  return n_columns * JpegScan::max_block_bytes + JpegBitWriter::slack;
}

const ImageShape& checked(const ImageShape& shape) {
  if (shape.width > JpegEncoder::max_dimension || shape.height > JpegEncoder::max_dimension) {
    throw Error(ErrorKind::definition, "an image of " + std::to_string(shape.width) + "x" +
                                           std::to_string(shape.height) + " px is too large for JPEG, which takes " +
                                           std::to_string(JpegEncoder::max_dimension) +
                                           " px at most in each direction");
  }
  return shape;
}

int dc_of_paper(std::uint8_t paper, const JpegDivisors& divisors) {
  JpegSamples samples;
  samples.fill(paper);
  JpegCoefficients blocks[2];
  jpeg_transform({&samples, &samples}, divisors, blocks);
  assert((blocks[0].nonzero & ~std::uint64_t{1}) == 0);
  return blocks[0].value[0];
}

}  // namespace

JpegEncoder::JpegEncoder(const ImageShape& shape, int quality)
    : JpegEncoder(shape, jpeg_setup(checked(shape), quality)) {}

JpegEncoder::JpegEncoder(const ImageShape& shape, const JpegSetup& setup)
    : shape_(shape),
      n_columns_(blocks(shape.width)),
      gray_(gray_table(shape)),
      header_(setup.header),
      divisors_(setup.steps),
      scan_(setup, dc_of_paper(gray_[0], divisors_)),
      strip_(strip_bytes(n_columns_), gray_[0]),
      has_ink_(flag_bytes(n_columns_)),
      columns_(n_columns_),
      bytes_(code_bytes(n_columns_)) {}

void JpegEncoder::encode(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == shape_);
  out.insert(out.end(), header_.begin(), header_.end());
  coverage_ = image.coverage.data();
  scan_.restart();
  JpegBitWriter bits(bytes_.data());
  for (std::size_t first_row = 0; first_row < shape_.height; first_row += 8) {
    fill_strip(image, first_row);
    const std::size_t n_rows = std::min<std::size_t>(8, shape_.height - first_row);
    find_blocks();
    put_blocks(n_rows, bits);
    if (first_row + 8 >= shape_.height) bits.pad();
    append_stuffed(bytes_.data(), bits.end(), out);
    bits.rewind(bytes_.data());
  }
  out.push_back(0xff);
  out.push_back(0xd9);  // End of image.
}

void JpegEncoder::fill_strip(const InkImageView& image, std::size_t first_row) {
  // Copies, which the bytes written below cannot be taken to change.
  const std::uint8_t* const gray = gray_.data();
  std::uint8_t* const has_ink = has_ink_.data();
  std::uint8_t* row = strip_.data();
  const std::uint8_t* coverage = coverage_;
  const std::uint8_t* const coverage_end = image.coverage.data() + image.coverage.size();
  const std::size_t end_row = std::min<std::size_t>(first_row + 8, shape_.height);
  const Run* const runs = image.runs.data();
  const std::uint32_t first_run = image.row_begin[0];
  for (std::size_t y = first_row; y < end_row; ++y, ++row) {
    const Run* const row_end = runs + (image.row_begin[y + 1] - first_run);
    for (const Run* run = runs + (image.row_begin[y] - first_run); run != row_end; ++run) {
      const std::size_t x = run->x;
      const std::size_t n = run->n;
      std::uint8_t* const pixels = row + 8 * x;
      const std::size_t first_block = x / 8;
      const std::size_t last_block = (x + n - 1) / 8;
      has_ink[first_block] = 1;
      has_ink[last_block] = 1;
      if (n <= short_run && coverage_end - coverage >= static_cast<std::ptrdiff_t>(short_run)) [[likely]] {
        // Most runs are short and of unpredictable length. Paper behind the run is paper again or ink that comes later.
        std::uint32_t shares;
        std::memcpy(&shares, coverage, sizeof shares);
        shares &= ~std::uint32_t{0} >> (8 * (short_run - n));
        pixels[0] = gray[shares & 0xffU];
        pixels[8] = gray[shares >> 8U & 0xffU];
        pixels[16] = gray[shares >> 16U & 0xffU];
        pixels[24] = gray[shares >> 24U];
      } else {
        for (std::size_t i = 0; i < n; ++i) pixels[8 * i] = gray[coverage[i]];
        std::fill(has_ink + first_block, has_ink + last_block, std::uint8_t{1});
      }
      coverage += n;
    }
  }
  coverage_ = coverage;
}

// Lists the blocks that hold ink and clears their flags.
void JpegEncoder::find_blocks() {
  std::size_t* column = columns_.data();
  for (std::size_t eight = 0; eight < n_columns_; eight += 8) {
    std::uint64_t flags;
    std::memcpy(&flags, has_ink_.data() + eight, sizeof flags);
    if (flags == 0) continue;
    std::memset(has_ink_.data() + eight, 0, sizeof flags);
    for (; flags != 0; flags &= flags - 1) *column++ = eight + static_cast<std::size_t>(std::countr_zero(flags)) / 8;
  }
  n_with_ink_ = static_cast<std::size_t>(column - columns_.data());
}

// The samples of a block of which `n_rows` rows lie within the image. libjpeg continues the image's last column and
// last row to the end of the block.
JpegSamples& JpegEncoder::complete(std::size_t column, std::size_t n_rows) {
  JpegSamples& samples = *reinterpret_cast<JpegSamples*>(strip_.data() + column * block_bytes);
  const std::size_t n_pixels = std::min<std::size_t>(8, shape_.width - 8 * column);
  for (std::size_t x = n_pixels; x < 8; ++x) std::copy_n(&samples[8 * (n_pixels - 1)], 8, &samples[8 * x]);
  if (n_rows < 8) {
    for (std::size_t x = 0; x < 8; ++x) std::fill_n(&samples[8 * x + n_rows], 8 - n_rows, samples[8 * x + n_rows - 1]);
  }
  return samples;
}

// Codes a row of blocks and leaves paper behind.
void JpegEncoder::put_blocks(std::size_t n_rows, JpegBitWriter& bits) {
  std::size_t next = 0;  // Column of the first block that is not coded yet.
  for (std::size_t i = 0; i < n_with_ink_; i += 2) {
    const std::size_t n = std::min<std::size_t>(2, n_with_ink_ - i);
    JpegSamples& first = complete(columns_[i], n_rows);
    JpegSamples& second = n == 2 ? complete(columns_[i + 1], n_rows) : first;
    JpegCoefficients blocks[2];
    jpeg_transform({&first, &second}, divisors_, blocks);
    first.fill(gray_[0]);
    second.fill(gray_[0]);
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t column = columns_[i + k];
      scan_.put_blank(column - next, bits);
      scan_.put(blocks[k], bits);
      next = column + 1;
    }
  }
  scan_.put_blank(n_columns_ - next, bits);
}

std::uint64_t JpegEncoder::max_bytes(const ImageShape& shape) noexcept {
  // Three bytes for each pixel of the padded image, and the headers. The samples' energy, at most 64 * 128^2 a block,
  // pays for the standard table's longer codes and keeps a block below 146 bytes: 20 bits of frequency 0, and for any x
  // of bits for each unit of energy, 64 * 128^2 x plus 63 times the greatest (bits - x * energy) of a code, which is
  // least at x = 3/12288. The rest is for zero bytes. Random search found blocks of 134 bytes with them; the two bytes
  // a pixel of libjpeg-turbo's tjBufSize() do not hold those.
  return std::uint64_t{blocks(shape.width)} * blocks(shape.height) * (3 * block_bytes) + 2048;
}

std::uint64_t JpegEncoder::footprint(const ImageShape& shape) noexcept {
  const std::size_t n_columns = blocks(shape.width);
  return sizeof(JpegEncoder) + 1024 + JpegScan::footprint() + strip_bytes(n_columns) + flag_bytes(n_columns) +
         n_columns * sizeof(std::size_t) + code_bytes(n_columns);
}

}  // namespace plotmill::kernels
