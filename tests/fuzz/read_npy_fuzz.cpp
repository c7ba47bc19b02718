// Fuzzes read_npy. The options are the last bytes of the input, the file is what comes before them, and zeros: a shape
// that asks for much must find it.
#include "fuzz/fuzz_reader.hpp"

using namespace plotmill;

namespace {

// The text of the header, which has at most 1 MiB, twice, and what is converted at once.
constexpr std::uint64_t constant_bytes = std::uint64_t{3} << 20U;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::FuzzFile file;
  FuzzedDataProvider input(data, size);
  fuzz::ReaderUse use(input, constant_bytes);
  const test::Params params = {
      {"path", file.path()},
      {"window", fuzz::pick(input, {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3},
                                    std::int64_t{100}, std::int64_t{300000}, std::int64_t{16777216}})},
      {"stride", fuzz::pick(input, {std::int64_t{1}, std::int64_t{2}, std::int64_t{7}, std::int64_t{300000},
                                    std::int64_t{1000000000000000}})},
      {"limit", input.ConsumeIntegralInRange<std::int64_t>(0, 20)},
  };
  const std::uint64_t n_zeros = input.ConsumeBool() ? std::uint64_t{1} << input.ConsumeIntegralInRange(0, 40) : 0;
  if (n_zeros > 1U << 20U) use.most_series = 64;
  file.fill(input.ConsumeRemainingBytes<std::uint8_t>(), n_zeros);
  fuzz::fuzz_reader("read_npy", params, use);
  return 0;
}
