#include "kernels/jpeg/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "kernels/jpeg/encode.hpp"
#include "plotmill/draw_lines.hpp"

using namespace plotmill;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes chart() {
  const double values[] = {1, 3, 2, 5, 4};
  const Ink ink = draw_lines({values, 1, 5}, {});
  Bytes file;
  kernels::JpegEncoder(ink.shape, 90).encode(ink.image(0), file);
  return file;
}

std::string fault(const Bytes& file, std::uint32_t width = 0, std::uint32_t height = 0) {
  Bytes row;
  const char* const text = kernels::jpeg_fault(file, width, height, row);
  return text == nullptr ? "" : text;
}

// Where the header of the frame begins: a marker, two bytes of length, one of precision, the height and the width.
Bytes::iterator frame_header(Bytes& file) {
  const std::uint8_t baseline[] = {0xff, 0xc0};
  return std::ranges::search(file, baseline).begin();
}

}  // namespace

TEST_CASE("check_jpeg: a chart is whole, at its own size and no other") {
  const LineOptions options;
  const Bytes file = chart();
  CHECK(fault(file) == "");
  CHECK(fault(file, options.width, options.height) == "");
  CHECK(fault(file, options.width + 1, options.height) == "the image has another size than it should");
  CHECK(fault(file, options.width, options.height - 1) == "the image has another size than it should");
}

TEST_CASE("check_jpeg: not even one byte may follow") {
  Bytes file = chart();
  file.push_back(0);
  CHECK(fault(file) == "other bytes follow the end of the JPEG file");
}

TEST_CASE("check_jpeg: files of other kinds are told by their header, however large they say they are") {
  const std::uint8_t progressive = 0xc2, arithmetic = 0xc9, progressive_arithmetic = 0xca;
  for (const std::uint8_t kind : {progressive, arithmetic, progressive_arithmetic}) {
    for (const bool is_huge : {false, true}) {
      CAPTURE(int{kind});
      CAPTURE(is_huge);
      Bytes file = chart();
      const auto header = frame_header(file);
      header[1] = kind;
      if (is_huge) std::fill_n(header + 5, 4, std::uint8_t{0xff});
      if (is_huge) header[6] = header[8] = 0xdc;  // 65500, the most that libjpeg takes.
      CHECK(fault(file) == "the JPEG file is of another kind");
    }
  }
}

TEST_CASE("check_jpeg: data that end early are damage, however many rows are left") {
  Bytes file = chart();
  file.erase(file.end() - 2, file.end());
  CHECK(fault(file) == "the JPEG file is damaged");
  file = chart();
  const auto header = frame_header(file);
  header[5] = 0xff;
  header[6] = 0xdc;
  CHECK(fault(file) == "the JPEG file is damaged");
}
