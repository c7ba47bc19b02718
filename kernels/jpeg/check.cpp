// See check.hpp.
#include "kernels/jpeg/check.hpp"

// jpeglib.h needs what <cstdio> declares, so it comes after.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <csetjmp>

namespace plotmill::kernels {
namespace {

struct ErrorManager {
  jpeg_error_mgr base;  // First, so that libjpeg's pointer to it is a pointer to the whole.
  std::jmp_buf jump;
};

[[noreturn]] void leave(j_common_ptr info) { std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->jump, 1); }

void say_nothing(j_common_ptr) {}

constexpr const char* damaged = "the JPEG file is damaged";

// libjpeg leaves by longjmp, which skips destructors: behind the setjmp there is plain data only, and `row` has room
// for the widest image there is.
const char* decode(jpeg_decompress_struct& info, ErrorManager& errors, std::span<const std::uint8_t> file,
                   std::uint32_t width, std::uint32_t height, std::uint8_t* row) {
  if (setjmp(errors.jump) != 0) return damaged;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), static_cast<unsigned long>(file.size()));
  jpeg_read_header(&info, TRUE);
  // Arithmetic coding is another kind also in that its data never end: the decoder takes zeros, without a warning.
  if (info.num_components != 1 || info.progressive_mode != FALSE || info.arith_code != FALSE) {
    return "the JPEG file is of another kind";
  }
  if ((width != 0 && info.image_width != width) || (height != 0 && info.image_height != height)) {
    return "the image has another size than it should";
  }
  jpeg_start_decompress(&info);
  // Where the data end early, libjpeg would warn once and make up the rest of the rows, of which there may be 65500.
  while (info.output_scanline < info.output_height && errors.base.num_warnings == 0) {
    jpeg_read_scanlines(&info, &row, 1);
  }
  if (errors.base.num_warnings > 0) return damaged;
  jpeg_finish_decompress(&info);
  if (errors.base.num_warnings > 0) return damaged;
  return info.src->bytes_in_buffer > 0 ? "other bytes follow the end of the JPEG file" : nullptr;
}

}  // namespace

const char* jpeg_fault(std::span<const std::uint8_t> file, std::uint32_t width, std::uint32_t height,
                       std::vector<std::uint8_t>& row) {
  if (file.size() < 4 || file[0] != 0xff || file[1] != 0xd8) return "it is no JPEG file";
  if (row.size() < JPEG_MAX_DIMENSION) row.resize(JPEG_MAX_DIMENSION);
  ErrorManager errors{};
  jpeg_decompress_struct info{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  errors.base.output_message = say_nothing;
  const char* const fault = decode(info, errors, file, width, height, row.data());
  jpeg_destroy_decompress(&info);
  return fault;
}

}  // namespace plotmill::kernels
