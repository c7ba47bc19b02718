// Reads series from a .npy file of numpy: the rows of a table, or windows of them, or windows of one long series.
// Source::first_row is as ArrayWindows has it. Integers beyond 2^53 are rounded to the nearest double.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plotmill/stage.hpp"
#include "stages/files/error_text.hpp"
#include "stages/files/input_file.hpp"
#include "stages/read/npy_header.hpp"
#include "stages/read/windows.hpp"

namespace plotmill {
namespace {

constexpr std::size_t most_header_bytes = std::size_t{1} << 20U;
constexpr std::size_t most_converted_bytes = std::size_t{1} << 18U;  // At once.

using Convert = void (*)(const char* from, bool swap, std::span<double> out);

// To the nearest double: integers beyond 2^53 may be none.
template <typename Number>
void convert(const char* from, bool swap, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    char bytes[sizeof(Number)];
    std::memcpy(bytes, from + i * sizeof(Number), sizeof(Number));
    if (swap) std::reverse(bytes, bytes + sizeof(Number));
    out[i] = static_cast<double>(std::bit_cast<Number>(bytes));
  }
}

struct NumberType {
  std::string_view name;  // a descr without its byte order
  std::size_t n_bytes;
  Convert convert;
  ValueType value_type;
};

template <typename Number>
constexpr NumberType number_type(std::string_view name) {
  const bool fits = std::numeric_limits<Number>::digits <= std::numeric_limits<float>::digits;
  return {name, sizeof(Number), convert<Number>, fits ? ValueType::float32 : ValueType::float64};
}

constexpr NumberType number_types[] = {
    number_type<float>("f4"),         number_type<double>("f8"),        number_type<std::int8_t>("i1"),
    number_type<std::int16_t>("i2"),  number_type<std::int32_t>("i4"),  number_type<std::int64_t>("i8"),
    number_type<std::uint8_t>("u1"),  number_type<std::uint16_t>("u2"), number_type<std::uint32_t>("u4"),
    number_type<std::uint64_t>("u8"),
};

const NumberType* find_type(std::string_view descr) {
  if (descr.empty() || std::string_view("<>|=").find(descr.front()) == std::string_view::npos) return nullptr;
  const auto* const found = std::ranges::find(number_types, descr.substr(1), &NumberType::name);
  if (found == std::end(number_types)) return nullptr;
  return descr.front() != '|' || found->n_bytes == 1 ? found : nullptr;
}

class ReadNpy final : public Reader {
 public:
  void declare(Options& options) override {
    options.add({.name = "path",
                 .target = &path_,
                 .required = true,
                 .doc = "The .npy file: numbers in 1 or 2 dimensions.",
                 .example = "series.npy",
                 .pattern = "."});
    windows_.declare(options, 0,
                     "Points of each series; 0 takes each row of a table whole. One long series needs a window.");
  }

  [[nodiscard]] std::vector<Fault> check() const override {
    if (!path_.empty()) return {};
    return {{"params/path", "\"\" is no path; the path of a .npy file is accepted"}};
  }

  SeriesShape open(const RunSetup& setup) override {
    file_.open_regular(path_);
    FileUse::require_unwritten(path_);
    const std::uint64_t file_bytes = file_.size();
    const NpyHeader header = read_header(file_bytes);
    type_ = find_type(header.descr);
    if (type_ == nullptr) {
      const std::string name = header.descr.empty() ? "a structured type" : quoted(header.descr);
      fail("the type of its numbers (dtype) is " + name +
           "; integers of 1 to 8 bytes and floats of 4 or 8 are accepted: convert with a.astype(\"float32\")");
    }
    swap_ = header.descr.front() == (std::endian::native == std::endian::little ? '>' : '<');
    if (header.fortran_order && header.shape.size() > 1) {
      fail("the array is in Fortran order; C order is accepted: save numpy.ascontiguousarray(a)");
    }
    array_ = ArrayWindows(path_, header.shape, type_->value_type, windows_, setup.memory_bytes,
                          [this](std::uint64_t first, std::span<double> out) { read_block(first, out); });
    check_size(header.shape, file_bytes);
    return array_.shape();
  }

  [[nodiscard]] std::optional<std::string> identity() override { return file_.identity(); }
  [[nodiscard]] std::uint64_t held_bytes() const override { return array_.held_bytes() + most_converted_bytes; }
  bool read(Sequences& out, std::size_t at_most) override { return array_.read(out, at_most); }
  [[nodiscard]] bool skip(std::uint64_t n) override { return array_.skip(n); }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw Error(ErrorKind::input, path_, text); }

  NpyHeader read_header(std::uint64_t file_bytes) {
    char start[12] = {};
    const std::size_t n_start = file_.read_at(0, start);
    if (!std::string_view(start, n_start).starts_with("\x93NUMPY")) {
      fail(n_start == 0 ? "is empty; a .npy file is expected"
                        : "is not a .npy file: it does not begin with \\x93NUMPY");
    }
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(start[i])); };
    const std::size_t version = byte(6);
    const std::size_t header_begin = version == 1 ? 10 : 12;
    if (n_start >= 8 && (version < 1 || version > 3)) {
      fail("is in version " + std::to_string(version) + "." + std::to_string(byte(7)) +
           " of the .npy format; versions 1, 2 and 3 are accepted");
    }
    if (n_start < header_begin) fail("ends within its header");
    std::size_t n_header = byte(8) | byte(9) << 8U;
    if (version > 1) n_header |= byte(10) << 16U | byte(11) << 24U;
    if (n_header > most_header_bytes) {
      fail("has a header of " + std::to_string(n_header) + " bytes; at most " + std::to_string(most_header_bytes) +
           " are accepted");
    }
    data_begin_ = header_begin + n_header;
    if (data_begin_ > file_bytes) fail("ends within its header");
    std::vector<char> text(n_header);
    NpyHeader header;
    if (file_.read_at(header_begin, text) < n_header) fail("ends within its header");
    if (!parse_npy_header({text.data(), text.size()}, header)) {
      fail("has a header that is not understood: " + quoted({text.data(), text.size()}));
    }
    return header;
  }

  // Before anything is read: a damaged header must not ask for memory that the file can't fill.
  void check_size(const std::vector<std::uint64_t>& shape, std::uint64_t file_bytes) const {
    std::uint64_t n_bytes = type_->n_bytes;
    bool fits = true;
    for (const std::uint64_t n : shape) fits = fits && !__builtin_mul_overflow(n_bytes, n, &n_bytes);
    if (fits && n_bytes <= file_bytes - data_begin_) return;
    fail("ends too early: the shape " + shape_text(shape) + " of " + std::to_string(type_->n_bytes) +
         "-byte numbers needs " + (fits ? std::to_string(n_bytes) : "more than 2^64") +
         " bytes after the header, there are " + std::to_string(file_bytes - data_begin_));
  }

  void read_block(std::uint64_t first, std::span<double> out) {
    bytes_.resize(most_converted_bytes);
    while (!out.empty()) {
      const std::size_t n = std::min(out.size(), most_converted_bytes / type_->n_bytes);
      const std::span<char> bytes = std::span(bytes_).first(n * type_->n_bytes);
      if (file_.read_at(data_begin_ + first * type_->n_bytes, bytes) < bytes.size()) {
        fail("became shorter while it was read");
      }
      type_->convert(bytes.data(), swap_, out.first(n));
      first += n;
      out = out.subspan(n);
    }
  }

  std::string path_;
  WindowOptions windows_;

  InputFile file_;
  const NumberType* type_ = nullptr;
  bool swap_ = false;
  std::uint64_t data_begin_ = 0;
  std::vector<char> bytes_;
  ArrayWindows array_;
};

}  // namespace

StageInfo read_npy_stage() {
  return {.type = "read_npy", .summary = "Reads series from the rows of a .npy file, whole or in windows.", .make = [] {
            return std::unique_ptr<Reader>(new ReadNpy);
          }};
}

}  // namespace plotmill
