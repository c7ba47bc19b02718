// Tables by which the codes of a deflate stream (RFC 1951) are read.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace plotmill::kernels {

/// What a code stands for. `bits` counts those of the code, and where a table of its own follows also those before.
struct InflateEntry {
  enum Kind : std::uint8_t { copy, literal, end, subtable, invalid };

  std::uint16_t value = 0;  ///< The literal, the least length or distance, or where the subtable begins.
  std::uint8_t bits = 0;
  std::uint8_t extra : 5 = 0;  ///< Bits that follow, or those of the subtable's index.
  std::uint8_t kind : 3 = invalid;
};

/// Codes of up to `table_bits` are read in one step, longer ones in two. `most` is what both steps can take.
template <unsigned table_bits, std::size_t most>
class InflateTable {
 public:
  /// Codes of these lengths, 0..15, for these meanings. False where they are no code: too many, or too few but for a
  /// single one of one bit, or none.
  [[nodiscard]] bool make(std::span<const std::uint8_t> lengths, std::span<const InflateEntry> meanings);

  [[nodiscard]] InflateEntry find(std::uint64_t bits) const noexcept {
    const InflateEntry entry = first(bits);
    return entry.kind == InflateEntry::subtable ? second(entry, bits) : entry;
  }
  [[nodiscard]] InflateEntry first(std::uint64_t bits) const noexcept {
    return entries_[static_cast<std::size_t>(bits & ((1U << table_bits) - 1))];
  }
  [[nodiscard]] InflateEntry second(InflateEntry entry, std::uint64_t bits) const noexcept {
    return entries_[entry.value + static_cast<std::size_t>((bits >> table_bits) & ((1U << entry.extra) - 1))];
  }

 private:
  static constexpr unsigned most_bits = 15;
  std::array<InflateEntry, most> entries_;
};

template <unsigned table_bits, std::size_t most>
bool InflateTable<table_bits, most>::make(std::span<const std::uint8_t> lengths,
                                          std::span<const InflateEntry> meanings) {
  std::array<std::uint32_t, most_bits + 1> left{};  // Codes of each length that are not in the table yet.
  for (const std::uint8_t length : lengths) ++left[length];
  left[0] = 0;
  std::array<std::uint32_t, most_bits + 2> next{};  // The next code of each length.
  std::uint32_t room = 1;
  unsigned longest = 0;
  for (unsigned n = 1; n <= most_bits; ++n) {
    room *= 2;
    if (left[n] > room) return false;
    room -= left[n];
    if (left[n] > 0) longest = n;
    next[n + 1] = (next[n] + left[n]) << 1U;
  }
  if (room > 0 && longest > 1) return false;

  constexpr std::uint32_t first_entries = 1U << table_bits;
  std::fill_n(entries_.begin(), first_entries, InflateEntry{});
  std::uint32_t end = first_entries;
  std::uint32_t prefix = first_entries;  // Of the subtable that is being filled.
  std::uint32_t begin = 0;
  std::uint32_t n_entries = 0;
  // By length, as the codes of one subtable follow each other then.
  for (unsigned n = 1; n <= longest; ++n) {
    for (std::size_t symbol = 0; left[n] > 0; ++symbol) {
      if (lengths[symbol] != n) continue;
      // The first bit of a code is the lowest that is read.
      std::uint32_t reversed = 0;
      for (unsigned i = 0, code = next[n]++; i < n; ++i, code >>= 1U) reversed = reversed << 1U | (code & 1U);
      InflateEntry entry = meanings[symbol];
      entry.bits = static_cast<std::uint8_t>(n);
      if (n <= table_bits) {
        for (std::uint32_t at = reversed; at < first_entries; at += 1U << n) entries_[at] = entry;
        --left[n];
        continue;
      }
      if ((reversed & (first_entries - 1)) != prefix) {
        prefix = reversed & (first_entries - 1);
        // Enough bits for all codes with this prefix.
        unsigned sub_bits = n - table_bits;
        std::int64_t gap = std::int64_t{1} << sub_bits;
        while (sub_bits + table_bits < longest && (gap -= left[sub_bits + table_bits]) > 0) {
          ++sub_bits;
          gap *= 2;
        }
        begin = end;
        n_entries = 1U << sub_bits;
        end += n_entries;
        if (end > most) return false;
        entries_[prefix] = {static_cast<std::uint16_t>(begin), table_bits, static_cast<std::uint8_t>(sub_bits & 31U),
                            InflateEntry::subtable};
      }
      for (std::uint32_t at = reversed >> table_bits; at < n_entries; at += 1U << (n - table_bits)) {
        entries_[begin + at] = entry;
      }
      --left[n];
    }
  }
  return true;
}

}  // namespace plotmill::kernels
