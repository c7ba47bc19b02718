// See encode_jpeg.hpp.
#include "kernels/encode_jpeg.hpp"

#include <jerror.h>
#include <jpeglib.h>

#include <cassert>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

static_assert(JpegEncoder::max_dimension == JPEG_MAX_DIMENSION);

struct ErrorManager {
  jpeg_error_mgr base;  // First, so that libjpeg's pointer to it is a pointer to the whole.
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* const errors = reinterpret_cast<ErrorManager*>(info->err);
  errors->base.format_message(info, errors->text);
  std::longjmp(errors->jump, 1);
}

void say_nothing(j_common_ptr) {}

// libjpeg leaves by longjmp, which skips destructors: between a setjmp and the calls that it guards there is plain data
// only, so each of these two functions is one such region. They return false where libjpeg failed.

bool set_up(jpeg_compress_struct& info, ErrorManager& errors, const ImageShape& shape, int quality) {
  if (setjmp(errors.jump) != 0) return false;
  jpeg_create_compress(&info);
  info.image_width = shape.width;
  info.image_height = shape.height;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.dct_method = JDCT_ISLOW;
  return true;
}

bool compress(jpeg_compress_struct& info, ErrorManager& errors, const std::uint8_t* frame, unsigned char** file,
              unsigned long* n_bytes) {
  if (setjmp(errors.jump) != 0) {
    jpeg_abort_compress(&info);
    return false;
  }
  jpeg_mem_dest(&info, file, n_bytes);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW rows[8];
    JDIMENSION n_rows = 0;
    for (; n_rows < 8 && info.next_scanline + n_rows < info.image_height; ++n_rows) {
      // libjpeg does not write to its input; its header lacks the const.
      rows[n_rows] = const_cast<JSAMPROW>(frame) + std::size_t{info.next_scanline + n_rows} * info.image_width;
    }
    jpeg_write_scanlines(&info, rows, n_rows);
  }
  jpeg_finish_compress(&info);
  return true;
}

[[noreturn]] void fail(const ErrorManager& errors) {
  const bool memory = errors.base.msg_code == JERR_OUT_OF_MEMORY;
  throw Error(memory ? ErrorKind::out_of_memory : ErrorKind::internal, std::string("libjpeg: ") + errors.text);
}

}  // namespace

struct JpegEncoder::State {
  explicit State(const ImageShape& image_shape)
      : shape(image_shape), gray(gray_table(image_shape)), frame(image_shape.n_pixels()) {
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = leave;
    errors.base.output_message = say_nothing;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { jpeg_destroy_compress(&info); }

  jpeg_compress_struct info{};
  ErrorManager errors{};
  ImageShape shape;
  PixelTable<std::uint8_t> gray;
  std::vector<std::uint8_t> frame;
  // Not cleared: as long as no image needs it, the system does not hand out its pages.
  std::unique_ptr<std::uint8_t[]> file = std::make_unique_for_overwrite<std::uint8_t[]>(max_bytes(shape));
};

JpegEncoder::JpegEncoder(const ImageShape& shape, int quality) {
  if (shape.width > max_dimension || shape.height > max_dimension) {
    throw Error(ErrorKind::definition, "an image of " + std::to_string(shape.width) + "x" +
                                           std::to_string(shape.height) + " px is too large for JPEG, which takes " +
                                           std::to_string(max_dimension) + " px at most in each direction");
  }
  state_ = std::make_unique<State>(shape);
  if (!set_up(state_->info, state_->errors, shape, quality)) fail(state_->errors);
}

JpegEncoder::JpegEncoder(JpegEncoder&&) noexcept = default;
JpegEncoder& JpegEncoder::operator=(JpegEncoder&&) noexcept = default;
JpegEncoder::~JpegEncoder() = default;

void JpegEncoder::encode(const InkImageView& image, std::vector<std::uint8_t>& out) {
  assert(image.shape == state_->shape);
  fill_rows(image, state_->gray, state_->frame.data(), state_->shape.width);
  unsigned char* file = state_->file.get();
  unsigned long n_bytes = max_bytes(state_->shape);
  const bool done = compress(state_->info, state_->errors, state_->frame.data(), &file, &n_bytes);
  // A file longer than max_bytes() would make libjpeg allocate another buffer, which would then be ours to free.
  const std::unique_ptr<unsigned char, decltype(&std::free)> longer(file == state_->file.get() ? nullptr : file,
                                                                    &std::free);
  if (!done) fail(state_->errors);
  out.insert(out.end(), file, file + n_bytes);
}

std::uint64_t JpegEncoder::max_bytes(const ImageShape& shape) noexcept {
  // tjBufSize() of libjpeg-turbo for one component: two bytes for each pixel of the padded image, and the headers.
  const auto padded = [](std::uint64_t n) { return (n + 7) / 8 * 8; };
  return padded(shape.width) * padded(shape.height) * 2 + 2048;
}

std::uint64_t JpegEncoder::footprint(const ImageShape& shape) noexcept {
  // libjpeg keeps a few rows of blocks besides.
  return sizeof(JpegEncoder) + sizeof(State) + shape.n_pixels() + max_bytes(shape) + 32 * std::uint64_t{shape.width};
}

}  // namespace plotmill::kernels
