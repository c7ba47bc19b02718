// See ink_code.hpp. Symbols, lengths and headers as in RFC 1951.
#include "kernels/deflate/ink_code.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/deflate/huffman_code.hpp"

namespace plotmill::kernels {
namespace {

constexpr std::uint32_t n_symbols = 286;
constexpr std::uint32_t end_of_block_symbol = 256;
constexpr std::uint64_t longest_match = InkCode::longest_match;
constexpr std::uint64_t farthest_match = 32768;

constexpr PackedString no_string = 128;

PackedString packed(BitString string) { return string.bits << 8U | string.n_bits; }

/// A symbol and the extra bits that follow its code.
struct Symbol {
  std::uint32_t symbol;
  BitString extra;
};

// Four symbols for each number of extra bits (3.2.5); 258 has one of its own.
Symbol length_symbol(std::uint64_t n_bytes) {
  if (n_bytes == longest_match) return {285, {}};
  const auto length = static_cast<std::uint32_t>(n_bytes - 3);
  if (length < 8) return {257 + length, {}};
  const auto n_extra = static_cast<std::uint32_t>(std::bit_width(length)) - 3;
  return {257 + 4 * n_extra + (length >> n_extra), {length & ((1U << n_extra) - 1), n_extra}};
}

// Two symbols for each number of extra bits.
Symbol distance_symbol(std::uint64_t distance) {
  const auto d = static_cast<std::uint32_t>(distance - 1);
  if (d < 4) return {d, {}};
  const auto n_extra = static_cast<std::uint32_t>(std::bit_width(d)) - 2;
  return {2 * n_extra + (d >> n_extra), {d & ((1U << n_extra) - 1), n_extra}};
}

std::vector<BitString> strings_of(const std::vector<std::uint8_t>& lengths) {
  const std::vector<std::uint16_t> codes = canonical_codes(lengths);
  std::vector<BitString> strings(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) strings[i] = {codes[i], lengths[i]};
  return strings;
}

/// The lengths of both codes one after another, with repetitions as symbols 16 to 18 (3.2.7).
std::vector<Symbol> run_length_coded(const std::vector<std::uint8_t>& lengths) {
  std::vector<Symbol> symbols;
  for (std::size_t i = 0; i < lengths.size();) {
    std::size_t n = 1;
    while (i + n < lengths.size() && lengths[i + n] == lengths[i]) ++n;
    i += n;
    const std::uint32_t length = lengths[i - 1];
    if (length != 0) {
      symbols.push_back({length, {}});
      --n;
    }
    while (n > 0) {
      if (length == 0 && n >= 11) {
        const std::size_t take = std::min<std::size_t>(n, 138);
        symbols.push_back({18, {take - 11, 7}});
        n -= take;
      } else if (n >= 3) {
        const std::size_t take = std::min<std::size_t>(n, length == 0 ? 10 : 6);
        symbols.push_back(length == 0 ? Symbol{17, {take - 3, 3}} : Symbol{16, {take - 3, 2}});
        n -= take;
      } else {
        symbols.push_back({length, {}});
        --n;
      }
    }
  }
  return symbols;
}

}  // namespace

PixelTable<std::array<std::uint8_t, 4>> PixelLayout::pixels() const {
  const PixelTable<std::uint8_t> gray = gray_table(shape);
  const PixelTable<float> unit = unit_table(shape);
  PixelTable<std::array<std::uint8_t, 4>> pixels{};
  for (std::size_t coverage = 0; coverage < pixels.size(); ++coverage) {
    if (type == PixelType::uint8) {
      pixels[coverage][0] = gray[coverage];
    } else {
      std::memcpy(pixels[coverage].data(), &unit[coverage], sizeof(float));
    }
  }
  return pixels;
}

InkStatistics::InkStatistics(const PixelLayout& layout) : layout_(layout), pixels_(layout.pixels()) { counts_.fill(1); }

void InkStatistics::count_pixel(std::uint8_t coverage) {
  for (std::size_t byte = 0; byte < layout_.pixel_bytes(); ++byte) ++counts_[pixels_[coverage][byte]];
}

void InkStatistics::count_repeated(std::uint64_t n_bytes, std::uint8_t coverage) {
  counts_[285] += n_bytes / longest_match;
  const std::uint64_t rest = n_bytes % longest_match;
  if (rest >= 3) {
    ++counts_[length_symbol(rest).symbol];
  } else {
    counts_[pixels_[coverage][0]] += rest;
  }
}

void InkStatistics::count_pixels(std::uint8_t coverage, std::uint64_t n) {
  if (n == 0) return;
  count_pixel(coverage);
  count_repeated((n - 1) * layout_.pixel_bytes(), coverage);
}

void InkStatistics::add(const InkImageView& image) {
  constexpr std::uint64_t worth_a_match = 5;
  const std::uint64_t width = layout_.shape.width;
  std::uint64_t gap = 0;
  const std::uint8_t* coverage = image.coverage.data();
  for (std::size_t y = 0; y < layout_.shape.height; ++y) {
    if (layout_.filter_bytes) {
      count_pixels(0, gap);
      gap = 0;
      ++counts_[0];
    }
    std::uint64_t x = 0;
    for (std::uint32_t r = image.row_begin[y]; r < image.row_begin[y + 1]; ++r) {
      const Run run = image.runs[r - image.row_begin[0]];
      count_pixels(0, gap + run.x - x);
      gap = 0;
      x = std::uint64_t{run.x} + run.n;
      const std::uint8_t* const end = coverage + run.n;
      while (coverage != end) {
        const std::uint8_t* const other = std::find_if(coverage, end, [&](std::uint8_t c) { return c != *coverage; });
        const auto n = static_cast<std::uint64_t>(other - coverage);
        if (n >= worth_a_match) {
          count_pixels(*coverage, n);
        } else {
          for (std::uint64_t i = 0; i < n; ++i) count_pixel(*coverage);
        }
        coverage = other;
      }
    }
    gap += width - x;
  }
  count_pixels(0, gap);
  ++counts_[end_of_block_symbol];
}

bool InkCode::can_repeat_rows() const noexcept {
  return layout_.filter_bytes && layout_.row_bytes() <= farthest_match && layout_.shape.width >= 2;
}

InkCode::InkCode(const InkStatistics& statistics) : layout_(statistics.layout()) {
  const std::vector<std::uint8_t> lengths = limited_code_lengths(statistics.counts(), max_bits);
  const std::vector<BitString> strings = strings_of(lengths);
  end_of_block_ = strings[end_of_block_symbol];
  filter_byte_ = strings[0];

  // At most two distances ever come up: to the pixel before and to the row before. Each takes one bit.
  const Symbol to_pixel = distance_symbol(layout_.pixel_bytes());
  const Symbol to_row = distance_symbol(can_repeat_rows() ? layout_.row_bytes() : layout_.pixel_bytes());
  std::vector<std::uint8_t> distance_lengths(std::max(to_pixel.symbol, to_row.symbol) + 1, 0);
  distance_lengths[to_pixel.symbol] = distance_lengths[to_row.symbol] = 1;
  const std::vector<BitString> distances = strings_of(distance_lengths);
  for (std::uint64_t n = 3; n <= longest_match; ++n) {
    const Symbol length = length_symbol(n);
    const BitString copied = strings[length.symbol].then(length.extra);
    matches_[n] = copied.then(distances[to_pixel.symbol]).then(to_pixel.extra);
    row_matches_[n] = copied.then(distances[to_row.symbol]).then(to_row.extra);
  }
  longer_repeat_ = matches_[longest_match].then(matches_[longest_match]);

  find_pixels(strings);
  find_solid_repeats();
  write_header(lengths, distance_lengths);
}

void InkCode::find_pixels(const std::vector<BitString>& literals) {
  const auto stored = layout_.pixels();
  for (std::size_t coverage = 0; coverage < stored.size(); ++coverage) {
    BitString string;
    std::int64_t deviation = 0;
    tables_.weighted[coverage] = 0;
    for (std::size_t byte = 0; byte < layout_.pixel_bytes(); ++byte) {
      string = string.then(literals[stored[coverage][byte]]);
      const int difference = stored[coverage][byte] - stored[0][byte];
      deviation += difference;
      tables_.weighted[coverage] += static_cast<int>(byte) * difference;
    }
    tables_.bits[coverage] = string.bits;
    tables_.sums[coverage] = deviation * (std::int64_t{1} << 32) + string.n_bits;
  }
  paper_bytes_ = stored[0];
  paper_ = pixel(0);
  tables_.bits[0] = 0;
  tables_.sums[0] = 0;

  std::vector<BitString> paper_literals;
  for (std::size_t byte = 0; byte < layout_.pixel_bytes(); ++byte) paper_literals.push_back(literals[stored[0][byte]]);
  find_paper_repeats(paper_literals);
  tables_.gaps.fill(no_string);
  tables_.gaps[0] = 0;
  for (std::uint64_t n = 1; n < InkTables::n_gaps; ++n) {
    const std::uint64_t n_bytes = (n - 1) * layout_.pixel_bytes();
    if (n_bytes > max_repeat_bytes) break;
    const BitString rest = paper_repeat_[n_bytes];
    most_gap_bits_ = std::max(most_gap_bits_, paper_.n_bits + rest.n_bits);
    if (paper_.n_bits + rest.n_bits <= BitWriter::most_bits) tables_.gaps[n] = packed(paper_.then(rest));
  }
}

void InkCode::find_solid_repeats() {
  const BitString solid = pixel(255);
  BitString literals;
  tables_.solid_repeats.fill(no_string);
  for (std::uint64_t n = 0; n < InkTables::n_repeats; ++n) {
    const std::uint64_t n_bytes = n * layout_.pixel_bytes();
    if (n_bytes >= 3 && n_bytes <= longest_match && matches_[n_bytes].n_bits < n * solid.n_bits) {
      tables_.solid_repeats[n] = packed(matches_[n_bytes]);
    } else if (n * solid.n_bits <= BitWriter::most_bits) {
      tables_.solid_repeats[n] = packed(literals);
    }
    if (literals.n_bits + solid.n_bits <= BitWriter::most_bits) literals = literals.then(solid);
  }
}

// The cheapest mixture of matches and literals for each length, from the shorter ones.
void InkCode::find_paper_repeats(const std::vector<BitString>& literals) {
  for (std::uint64_t n = 1; n <= max_repeat_bytes; ++n) {
    // The end of the repeat is the end of a pixel.
    const BitString literal = literals[(literals.size() - n % literals.size()) % literals.size()];
    std::uint64_t best = 0;
    std::uint32_t best_bits = literal.n_bits + paper_repeat_[n - 1].n_bits;
    for (std::uint64_t match = 3; match <= std::min(n, longest_match); ++match) {
      const std::uint32_t bits = matches_[match].n_bits + paper_repeat_[n - match].n_bits;
      if (bits < best_bits) {
        best = match;
        best_bits = bits;
      }
    }
    paper_repeat_[n] = best == 0 ? literal.then(paper_repeat_[n - 1]) : matches_[best].then(paper_repeat_[n - best]);
  }
}

void InkCode::write_header(const std::vector<std::uint8_t>& lengths,
                           const std::vector<std::uint8_t>& distance_lengths) {
  std::vector<std::uint8_t> both = lengths;
  both.insert(both.end(), distance_lengths.begin(), distance_lengths.end());
  const std::vector<Symbol> symbols = run_length_coded(both);
  std::array<std::uint64_t, 19> counts{};
  for (const Symbol& symbol : symbols) ++counts[symbol.symbol];
  const std::vector<std::uint8_t> code_lengths = limited_code_lengths(counts, 7);
  const std::vector<BitString> strings = strings_of(code_lengths);
  // In this order, so that those that are rarely used can be left out at the end.
  constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  std::size_t n_code_lengths = order.size();
  while (n_code_lengths > 4 && code_lengths[order[n_code_lengths - 1]] == 0) --n_code_lengths;

  std::array<std::uint8_t, 1024> bytes;
  BitWriter writer;
  writer.write_to(bytes.data());
  // RFC 1950: deflate with a window of 32 KiB, the fastest level; a multiple of 31.
  writer.put(0x78, 8);
  writer.put(0x01, 8);
  writer.put(1, 1);  // The last block,
  writer.put(2, 2);  // with a code of its own.
  writer.put(n_symbols - 257, 5);
  writer.put(distance_lengths.size() - 1, 5);
  writer.put(n_code_lengths - 4, 4);
  writer.flush();
  for (std::size_t i = 0; i < n_code_lengths; ++i) writer.write({code_lengths[order[i]], 3});
  for (const Symbol& symbol : symbols) writer.write(strings[symbol.symbol].then(symbol.extra));
  header_.assign(bytes.data(), writer.position());
  header_end_ = writer.unfinished();
}

}  // namespace plotmill::kernels
