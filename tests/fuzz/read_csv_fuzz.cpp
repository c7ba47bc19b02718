// Fuzzes read_csv. The options are the last bytes of the input, the file is what comes before them.
#include <string>

#include "fuzz/fuzz_reader.hpp"

using namespace plotmill;

namespace {

// A line of the file gets into memory whole, and so do the fields of the longest one that is accepted.
constexpr std::uint64_t constant_bytes = std::uint64_t{24} << 20U;

test::ParamValue column(FuzzedDataProvider& input) {
  if (input.ConsumeBool()) return input.ConsumeIntegralInRange<std::int64_t>(0, 9);
  return std::string(fuzz::pick(input, {"a", "b", "close", "symbol", "", "a b"}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::FuzzFile file;
  FuzzedDataProvider input(data, size);
  const fuzz::ReaderUse use(input, constant_bytes);
  test::Params params = {
      {"path", file.path()},
      {"column", column(input)},
      {"window", fuzz::pick(input, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{100},
                                    std::int64_t{16777216}})},
      {"stride", input.ConsumeIntegralInRange<std::int64_t>(1, 5)},
      {"limit", input.ConsumeIntegralInRange<std::int64_t>(0, 20)},
      {"header", input.ConsumeBool()},
      {"delimiter", input.ConsumeBool() ? std::string(1, input.ConsumeIntegral<char>())
                                        : std::string(fuzz::pick(input, {",", ";", "\\t", " ", ""}))},
  };
  if (input.ConsumeBool()) params.emplace_back("group_by", column(input));
  file.fill(input.ConsumeRemainingBytes<std::uint8_t>());
  fuzz::fuzz_reader("read_csv", params, use);
  return 0;
}
