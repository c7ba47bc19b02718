// Bytes to a zlib stream (RFC 1950) with ISA-L: what HDF5's deflate filter and PNG store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace plotmill::kernels {

/// Compresses one stream after another: add() any number of times, then finish(). One thread at a time. Allocates only
/// when it is made and where `out` has to grow.
///
/// The stream depends on the bytes and, in the last bits, on where they are split between the calls; not on what was
/// compressed before, nor on the object's address. Other versions of ISA-L and other CPUs may give other bytes for the
/// same data.
class ZlibStream {
 public:
  ZlibStream();
  ZlibStream(ZlibStream&&) noexcept;
  ZlibStream& operator=(ZlibStream&&) noexcept;
  ~ZlibStream();

  /// Takes in `bytes` and appends what of the stream is ready to `out`.
  void add(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& out);

  /// As add(), and ends the stream: the next call begins a new one.
  void finish(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& out);

  /// Bytes that a stream of `n_bytes` takes at most: a literal never costs more than 9 bits on average, since each
  /// block has a Huffman table of its own.
  [[nodiscard]] static std::uint64_t max_bytes(std::uint64_t n_bytes) noexcept;

  /// Memory that one object holds.
  [[nodiscard]] static std::uint64_t footprint() noexcept;

 private:
  struct State;

  void run(std::span<const std::uint8_t> bytes, bool last, std::vector<std::uint8_t>& out);
  void deflate(std::span<const std::uint8_t> bytes, bool last, int flush, std::vector<std::uint8_t>& out);

  std::unique_ptr<State> state_;
};

}  // namespace plotmill::kernels
