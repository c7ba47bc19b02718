// The checksum of a deflate stream of runs, without ever making the bytes that it stands for.
//
// What plotmill writes without filter bytes are literals and repeats of the byte before, in one block with a code of
// its own. Of such a stream the Adler-32 can be summed up run by run. Inflating it takes three times as long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/stream_bits.hpp"

namespace plotmill::kernels {

/// One thread at a time. Keeps the code of the last stream, as that of the next is most often the same.
class InflateRuns {
 public:
  /// Whether a zlib stream is of this kind and whole: it holds exactly `n_bytes`, has the right Adler-32, and ends
  /// there. False says nothing: another kind of stream may well be whole.
  [[nodiscard]] bool is_whole(std::span<const std::uint8_t> stream, std::uint64_t n_bytes);

 private:
  static constexpr unsigned table_bits = 12;

  [[nodiscard]] bool has_known_code() const noexcept;
  [[nodiscard]] bool read_code(StreamBits& bits);
  [[nodiscard]] bool make_steps(std::span<const std::uint8_t> lengths);

  std::vector<std::uint8_t> input_;  ///< The stream and room behind it, so that it can be read in words.
  std::size_t n_input_ = 0;
  std::vector<std::uint8_t> header_;  ///< Of the last stream, up to the end of its code.
  unsigned header_bits_ = 0;          ///< 0: none.
  std::array<std::uint64_t, std::size_t{1} << table_bits> steps_;
};

}  // namespace plotmill::kernels
