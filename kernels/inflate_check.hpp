// Whether a zlib stream (RFC 1950) is whole: inflates it, checks its Adler-32, and keeps nothing of what comes out.
//
// A stream counts as damaged exactly where zlib, by which other programs will read it, says so; ISA-L takes codes that
// zlib refuses. What comes out stays in a window that fits the cache, and long matches are copied in wide steps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/inflate_runs.hpp"
#include "kernels/inflate_table.hpp"
#include "kernels/stream_bits.hpp"

namespace plotmill::kernels {

/// One thread at a time. Keeps what it has allocated for the next stream.
class InflateCheck {
 public:
  /// What is wrong with a stream that should hold exactly `n_bytes`, as a sentence; null if nothing is.
  [[nodiscard]] const char* fault(std::span<const std::uint8_t> stream, std::uint64_t n_bytes);

 private:
  [[nodiscard]] bool is_past_end() const noexcept { return bits_.n_bytes() > n_input_; }
  [[nodiscard]] const char* blocks();
  [[nodiscard]] const char* stored_block();
  [[nodiscard]] const char* coded_block();
  [[nodiscard]] const char* read_codes();
  void make_fixed_codes();
  void flush();

  InflateRuns runs_;
  InflateTable<11, 2400> literals_;
  InflateTable<8, 512> distances_;
  InflateTable<7, 128> lengths_;
  std::vector<std::uint8_t> input_;  ///< The stream and room behind it, so that it can be read in words.
  std::vector<std::uint8_t> window_;
  std::size_t n_input_ = 0;
  StreamBits bits_;
  std::uint8_t* begin_ = nullptr;    ///< Of what comes before and may be copied.
  std::uint8_t* flushed_ = nullptr;  ///< Up to here it is in the checksum.
  std::uint8_t* out_ = nullptr;
  std::uint64_t n_flushed_ = 0;
  std::uint32_t adler_ = 1;
};

}  // namespace plotmill::kernels
