// Keeps what a hostile HDF5 file says of its chunks from costing memory. HDF5 believes it: it unpacks a chunk to
// whatever size its bytes give, and reads beyond the end of one that gives too little.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "kernels/deflate/inflated_size.hpp"
#include "stages/hdf5/handle.hpp"

namespace plotmill {

class Hdf5ChunkGuard {
 public:
  /// Rows and columns; a dataset of one dimension is one row.
  struct Block {
    std::uint64_t first_row, first_column, n_rows, n_columns;
  };

  /// Asks the properties alone, of a dataset that check_hdf5_dataset() accepts. Throws Error (input) where it can't be
  /// read within memory_bytes (0: any memory), or where its filters can't be checked.
  void open(hid_t dataset, const std::string& place, std::uint64_t memory_bytes);

  /// What HDF5 is to keep of unpacked chunks.
  [[nodiscard]] std::uint64_t cache_bytes() const { return cache_bytes_; }

  /// Memory that HDF5 takes at most to read the dataset: its cache, and a chunk that is being unpacked.
  [[nodiscard]] std::uint64_t held_bytes() const { return cache_bytes_ + unpacking_bytes_; }

  /// Makes a block smaller that reaches into more chunks than are to be read at once, as HDF5 keeps a record of each.
  [[nodiscard]] Block fitting(Block block) const;

  /// Throws Error (input) where a chunk of the block does not unpack to its size.
  void check(hid_t dataset, const Block& block);

 private:
  void read_filters(hid_t properties);
  void check_chunk(hid_t dataset, std::uint64_t row, std::uint64_t column);
  [[nodiscard]] bool unpacks_to_size(std::uint32_t skipped_filters);

  struct Filter {
    H5Z_filter_t id;
    std::vector<unsigned> values;
  };
  [[nodiscard]] bool fits_chunk(const Filter& filter) const;

  std::string place_;
  std::size_t n_dimensions_ = 0;
  std::array<std::uint64_t, 2> extent_{};  // rows, columns
  std::array<std::uint64_t, 2> chunk_{};   // of a chunk; 0 where the dataset has none
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t cache_bytes_ = 0;
  std::uint64_t unpacking_bytes_ = 0;
  std::vector<Filter> filters_;  // in the order of writing
  bool plain_edges_ = false;     // Chunks that reach beyond the dataset are stored without filters.
  std::unordered_set<std::uint64_t> checked_;
  std::vector<std::uint8_t> stored_;  // the chunk being checked
  kernels::InflatedSize inflated_size_;
};

}  // namespace plotmill
