// Fuzzes what `plotmill verify` reads outputs with: a zlib stream counts as damaged exactly where zlib says so, a PNG
// that counts as whole is one for libpng, and any bytes may be taken for a JPEG or for a line of a manifest, which says
// the same when it is written again. The last bytes of the input choose.
#include <zlib.h>

#include <array>
#include <exception>
#include <span>
#include <vector>

#include "fuzz/fuzzing.hpp"
#include "kernels/deflate/check_png.hpp"
#include "kernels/deflate/inflate_check.hpp"
#include "kernels/jpeg/check.hpp"
#include "stages/files/manifest_lines.hpp"
#include "support/png_image.hpp"

using namespace plotmill;
using fuzz::require;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::size_t most_bytes = 1U << 16U;
constexpr std::uint64_t memory_bytes = std::uint64_t{4} << 20U;

// What zlib makes of deflated data, and how much of them it took.
Bytes inflated(std::span<const std::uint8_t> data, std::size_t& n_taken) {
  z_stream stream{};
  require(inflateInit2(&stream, -15) == Z_OK, "zlib begins");
  Bytes out(most_bytes);
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  (void)inflate(&stream, Z_FINISH);
  n_taken = stream.total_in;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

bool zlib_takes(std::span<const std::uint8_t> stream, std::size_t n_bytes) {
  Bytes out(n_bytes + 1);
  uLongf n_out = out.size();
  uLong n_in = stream.size();
  return uncompress2(out.data(), &n_out, stream.data(), &n_in) == Z_OK && n_out == n_bytes && n_in == stream.size();
}

// Random bytes are hardly ever a stream with its checksum: it is put there.
void check_stream(FuzzedDataProvider& input) {
  static kernels::InflateCheck check;
  const bool mended = input.ConsumeBool();
  Bytes data = input.ConsumeRemainingBytes<std::uint8_t>();
  std::size_t n_taken = 0;
  const Bytes out = inflated(data, n_taken);
  Bytes stream{0x78, 0x9c};
  if (mended) data.resize(n_taken);
  stream.insert(stream.end(), data.begin(), data.end());
  const auto sum = static_cast<std::uint32_t>(adler32(1, out.data(), static_cast<uInt>(out.size())));
  for (unsigned shift = 32; mended && shift > 0; shift -= 8) {
    stream.push_back(static_cast<std::uint8_t>(sum >> (shift - 8)));
  }
  for (const std::size_t n : {out.size(), out.size() + 1, out.empty() ? 0 : out.size() - 1}) {
    require((check.fault(stream, n) == nullptr) == zlib_takes(stream, n), "a stream is damaged where zlib says so");
  }
}

// Gives each chunk the CRC that it should have: random bytes hardly ever do.
void mend_png(Bytes& file) {
  constexpr std::size_t frame = 12;  // Length, type and CRC.
  for (std::size_t at = 8; at + frame <= file.size();) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8U | file[at + i];
    if (n > file.size() - at - frame) return;
    const auto sum = static_cast<std::uint32_t>(crc32(0, file.data() + at + 4, static_cast<uInt>(n + 4)));
    for (std::size_t i = 0; i < 4; ++i) file[at + 8 + n + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    at += n + frame;
  }
}

void check_png(FuzzedDataProvider& input) {
  const bool mended = input.ConsumeBool();
  Bytes file = input.ConsumeRemainingBytes<std::uint8_t>();
  if (mended) mend_png(file);
  kernels::InflateCheck inflate;
  Bytes scratch;
  if (kernels::png_fault(file, 0, 0, inflate, scratch) != nullptr) return;
  try {
    (void)test::read_png(file);
  } catch (const std::exception& error) {
    require(false, error.what());
  }
}

void check_manifest_line(FuzzedDataProvider& input) {
  const auto first = input.ConsumeIntegralInRange<std::uint64_t>(0, 2);
  const std::string line = input.ConsumeRemainingBytesAsString();
  try {
    (void)parse_manifest_head(line, "line");
  } catch (const Error&) {
  }
  try {
    const auto piece = parse_stored_piece(line, "line", first);
    if (!piece) return;
    const std::string text = stored_piece_line(*piece);
    require(stored_piece_line(*parse_stored_piece(text, "line", first)) == text,
            "a line says the same when read again");
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::TimeLimit time_limit;
  const fuzz::AllocationLimit memory_limit(memory_bytes + 3000 * size);
  FuzzedDataProvider input(data, size);
  Bytes row;
  switch (input.ConsumeIntegralInRange(0, 3)) {
    case 0:
      check_stream(input);
      break;
    case 1:
      check_png(input);
      break;
    case 2:
      check_manifest_line(input);
      break;
    default:
      (void)kernels::jpeg_fault(input.ConsumeRemainingBytes<std::uint8_t>(), 0, 0, row);
  }
  return 0;
}
