// See setup.hpp.
#include "kernels/jpeg/setup.hpp"

// jpeglib.h needs what <cstdio> declares, so it comes after.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <memory>
#include <string>

#include "plotmill/error.hpp"

namespace plotmill::kernels {
namespace {

static_assert(jpeg_max_dimension == JPEG_MAX_DIMENSION);

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

// libjpeg leaves by longjmp, which skips destructors: between the setjmp and the calls that it guards there is plain
// data only. Returns false where libjpeg failed.
bool start(jpeg_compress_struct& info, ErrorManager& errors, const ImageShape& shape, int quality,
           unsigned char** header, unsigned long* n_bytes) {
  if (setjmp(errors.jump) != 0) return false;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, header, n_bytes);
  info.image_width = shape.width;
  info.image_height = shape.height;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&info, TRUE);
  // The first call writes the header whatever it is given, so no rows are needed.
  jpeg_write_scanlines(&info, nullptr, 0);
  *n_bytes -= info.dest->free_in_buffer;
  return true;
}

// T.81 Annex C: codes of a length follow each other in the order of the symbols, and a longer one starts behind them.
JpegHuffmanTable codes_of(const JHUFF_TBL& table) {
  JpegHuffmanTable codes;
  unsigned code = 0;
  const UINT8* symbol = table.huffval;
  for (std::uint8_t length = 1; length <= 16; ++length) {
    for (int i = 0; i < table.bits[length]; ++i) codes[*symbol++] = {static_cast<std::uint16_t>(code++), length};
    code *= 2;
  }
  return codes;
}

}  // namespace

JpegSetup jpeg_setup(const ImageShape& shape, int quality) {
  jpeg_compress_struct info{};
  ErrorManager errors{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  errors.base.output_message = say_nothing;
  const std::unique_ptr<jpeg_compress_struct, decltype(&jpeg_destroy_compress)> owner(&info, &jpeg_destroy_compress);

  JpegSetup setup;
  setup.header.resize(4096);  // The tables of one component take about 330 bytes.
  unsigned char* header = setup.header.data();
  unsigned long n_bytes = setup.header.size();
  const bool done = start(info, errors, shape, quality, &header, &n_bytes);
  if (!done) {
    const bool memory = errors.base.msg_code == JERR_OUT_OF_MEMORY;
    throw Error(memory ? ErrorKind::out_of_memory : ErrorKind::internal, std::string("libjpeg: ") + errors.text);
  }
  setup.header.resize(n_bytes);
  setup.header.shrink_to_fit();
  std::ranges::copy(info.quant_tbl_ptrs[0]->quantval, setup.steps.begin());
  setup.dc = codes_of(*info.dc_huff_tbl_ptrs[0]);
  setup.ac = codes_of(*info.ac_huff_tbl_ptrs[0]);
  return setup;
}

}  // namespace plotmill::kernels
