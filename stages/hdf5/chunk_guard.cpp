// See chunk_guard.hpp.
#include "stages/hdf5/chunk_guard.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace plotmill {
namespace {

// HDF5's default of 1 MiB would unpack a larger chunk again for every block that reaches into it.
constexpr std::uint64_t usual_cache_bytes = std::uint64_t{32} << 20U;
// A record is about 2 KiB.
constexpr std::uint64_t most_chunks_at_once = 256;
constexpr std::size_t most_remembered = 65536;
// While a chunk is unpacked: as it is stored (at most twice its size), unpacked into a buffer that doubles (the new one
// at most twice its size, the old one), and once more to undo the order of bytes.
constexpr std::uint64_t unpacking_copies = 6;
constexpr std::uint64_t checksum_bytes = 4;

}  // namespace

void Hdf5ChunkGuard::open(hid_t dataset, const std::string& place, std::uint64_t memory_bytes) {
  place_ = place;
  const auto fail = [&](const std::string& text) { throw Error(ErrorKind::input, place_, text); };
  const std::uint64_t memory = memory_bytes > 0 ? memory_bytes : std::numeric_limits<std::uint64_t>::max();
  cache_bytes_ = std::min(usual_cache_bytes, memory / 8);

  const Hdf5Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  const H5D_layout_t layout = properties ? H5Pget_layout(properties.get()) : H5D_LAYOUT_ERROR;
  if (layout == H5D_LAYOUT_ERROR || !space || !type) {
    throw_hdf5_error(ErrorKind::input, place_, "the dataset's properties cannot be read");
  }
  const int n_dimensions = H5Sget_simple_extent_ndims(space.get());
  // Other shapes are refused by what reads the windows.
  if (layout != H5D_CHUNKED || n_dimensions < 1 || n_dimensions > 2) return;
  n_dimensions_ = static_cast<std::size_t>(n_dimensions);

  std::array<hsize_t, 2> extent{1, 1};
  std::array<hsize_t, 2> chunk{1, 1};
  const std::size_t skipped = 2 - n_dimensions_;
  if (H5Sget_simple_extent_dims(space.get(), extent.data() + skipped, nullptr) < 0 ||
      H5Pget_chunk(properties.get(), n_dimensions, chunk.data() + skipped) < 0 || chunk[0] == 0 || chunk[1] == 0) {
    throw_hdf5_error(ErrorKind::input, place_, "the dataset's chunks cannot be read");
  }
  std::copy(extent.begin(), extent.end(), extent_.begin());
  std::copy(chunk.begin(), chunk.end(), chunk_.begin());
  chunk_bytes_ = H5Tget_size(type.get());
  for (const std::uint64_t n : chunk_) {
    if (__builtin_mul_overflow(chunk_bytes_, n, &chunk_bytes_)) fail("a chunk of the dataset has more than 2^64 bytes");
  }
  read_filters(properties.get());

  if (filters_.empty()) {
    // Without a cache HDF5 reads what is asked for; into one it would read a chunk by its stored size, which it does
    // not tell for chunks without filters.
    cache_bytes_ = 0;
  } else if (chunk_bytes_ > memory / 2 / unpacking_copies) {
    fail("a chunk of the dataset has " + std::to_string(chunk_bytes_) + " bytes and may take " +
         std::to_string(unpacking_copies) + " times that to unpack, more than half of run.memory (" +
         std::to_string(memory / 2) + " bytes); give more run.memory, or store smaller chunks, as with h5repack");
  } else {
    unpacking_bytes_ = unpacking_copies * chunk_bytes_;
    cache_bytes_ = std::max(cache_bytes_, chunk_bytes_);
  }
}

void Hdf5ChunkGuard::read_filters(hid_t properties) {
  unsigned edges = 0;
  plain_edges_ =
      H5Pget_chunk_opts(properties, &edges) >= 0 && (edges & unsigned{H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS}) != 0;
  const int n_filters = H5Pget_nfilters(properties);
  for (int i = 0; i < n_filters; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::vector<unsigned> values(32);
    std::size_t n_values = values.size();
    const H5Z_filter_t id =
        H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &n_values, values.data(), 0, nullptr, &config);
    values.resize(std::min(n_values, values.size()));
    if (id < 0) throw_hdf5_error(ErrorKind::input, place_, "the dataset's filters cannot be read");
    const Filter filter{id, std::move(values)};
    if (!fits_chunk(filter)) throw Error(ErrorKind::input, place_, "the filters of the dataset do not fit its chunks");
    // What one of them has packed is looked at as it is stored, or as it comes from deflate.
    const auto packs = [](const Filter& before) {
      return before.id == H5Z_FILTER_DEFLATE || before.id == H5Z_FILTER_SZIP;
    };
    const auto packs_numbers = [](const Filter& before) {
      return before.id == H5Z_FILTER_NBIT || before.id == H5Z_FILTER_SCALEOFFSET;
    };
    if (id != H5Z_FILTER_FLETCHER32 && (std::ranges::any_of(filters_, packs) ||
                                        (std::ranges::any_of(filters_, packs_numbers) && id != H5Z_FILTER_DEFLATE))) {
      throw Error(ErrorKind::input, place_,
                  "the dataset is filtered again after it is compressed, which cannot be checked; rewrite it with one "
                  "compression, as with h5repack");
    }
    filters_.push_back(filter);
  }
}

// Two filters go by what their own values say of the numbers: how many, of how many bytes and bits.
bool Hdf5ChunkGuard::fits_chunk(const Filter& filter) const {
  const std::vector<unsigned>& values = filter.values;
  if (filter.id != H5Z_FILTER_NBIT && filter.id != H5Z_FILTER_SCALEOFFSET) return true;
  if (filter.id == H5Z_FILTER_NBIT && values.size() > 1 && values[1] != 0) return true;  // It does nothing.
  if (values.size() < 8) return false;
  const std::uint64_t n_bytes = values[4];
  if (n_bytes == 0 || n_bytes > sizeof(long double) || n_bytes * values[2] != chunk_bytes_) return false;
  if (filter.id == H5Z_FILTER_SCALEOFFSET) return true;
  constexpr unsigned plain_number = 1;
  return values[3] == plain_number && values[6] > 0 && std::uint64_t{values[6]} + values[7] <= 8 * n_bytes;
}

Hdf5ChunkGuard::Block Hdf5ChunkGuard::fitting(Block block) const {
  if (chunk_bytes_ == 0) return block;
  // How far a number of chunks reaches from here on.
  const auto reach = [&](std::size_t dimension, std::uint64_t first, std::uint64_t n_chunks) {
    std::uint64_t n = 0;
    if (__builtin_mul_overflow(chunk_[dimension], n_chunks, &n)) n = std::numeric_limits<std::uint64_t>::max();
    return n - first % chunk_[dimension];
  };
  block.n_columns = std::min(block.n_columns, reach(1, block.first_column, most_chunks_at_once));
  if (block.n_columns < extent_[1]) block.n_rows = 1;
  const std::uint64_t n_across = (block.first_column % chunk_[1] + block.n_columns - 1) / chunk_[1] + 1;
  block.n_rows = std::min(block.n_rows, reach(0, block.first_row, most_chunks_at_once / n_across));
  return block;
}

void Hdf5ChunkGuard::check(hid_t dataset, const Block& block) {
  if (filters_.empty()) return;
  const std::uint64_t last_row = (block.first_row + block.n_rows - 1) / chunk_[0];
  const std::uint64_t last_column = (block.first_column + block.n_columns - 1) / chunk_[1];
  const std::uint64_t n_across = (extent_[1] - 1) / chunk_[1] + 1;
  for (std::uint64_t row = block.first_row / chunk_[0]; row <= last_row; ++row) {
    for (std::uint64_t column = block.first_column / chunk_[1]; column <= last_column; ++column) {
      if (checked_.size() == most_remembered) checked_.clear();
      if (checked_.insert(row * n_across + column).second) check_chunk(dataset, row, column);
    }
  }
}

void Hdf5ChunkGuard::check_chunk(hid_t dataset, std::uint64_t row, std::uint64_t column) {
  const std::array<hsize_t, 2> first{row * chunk_[0], column * chunk_[1]};
  const bool at_edge = extent_[0] - first[0] < chunk_[0] || extent_[1] - first[1] < chunk_[1];
  const hsize_t* const place = first.data() + (2 - n_dimensions_);
  const std::string name =
      "the chunk at " + (n_dimensions_ == 2 ? std::to_string(first[0]) + ", " : "") + std::to_string(first[1]);
  hsize_t n_bytes = 0;
  // One that was never written, which HDF5 fills; where it cannot be found, reading it fails as well.
  if (H5Dget_chunk_storage_size(dataset, place, &n_bytes) < 0 || n_bytes == 0) return;
  const bool as_it_is = plain_edges_ && at_edge;
  if (as_it_is ? n_bytes != chunk_bytes_ : n_bytes > 2 * chunk_bytes_ + 4096) {
    throw Error(ErrorKind::input, place_,
                name + " is damaged: it is stored in " + std::to_string(n_bytes) + " bytes and unpacked has " +
                    std::to_string(chunk_bytes_));
  }
  if (as_it_is) return;
  std::uint32_t skipped_filters = 0;
  stored_.resize(n_bytes);
  if (H5Dread_chunk(dataset, H5P_DEFAULT, place, &skipped_filters, stored_.data()) < 0) {
    throw_hdf5_error(ErrorKind::io, place_, name + " cannot be read");
  }
  if (!unpacks_to_size(skipped_filters)) {
    throw Error(ErrorKind::input, place_,
                name + " is damaged: it does not unpack to its " + std::to_string(chunk_bytes_) + " bytes");
  }
}

// Goes through the filters as HDF5 does, from the last to the first.
bool Hdf5ChunkGuard::unpacks_to_size(std::uint32_t skipped_filters) {
  std::uint64_t n_bytes = stored_.size();
  std::array<std::uint8_t, 21> front{};
  std::copy_n(stored_.begin(), std::min(stored_.size(), front.size()), front.begin());
  const auto number = [&] {
    return front[0] | std::uint64_t{front[1]} << 8U | std::uint64_t{front[2]} << 16U | std::uint64_t{front[3]} << 24U;
  };
  const std::uint64_t most = chunk_bytes_ + checksum_bytes * filters_.size();
  for (std::size_t i = filters_.size(); i-- > 0;) {
    if ((skipped_filters >> i & 1U) != 0) continue;
    const std::vector<unsigned>& values = filters_[i].values;
    switch (filters_[i].id) {
      case H5Z_FILTER_FLETCHER32:
        if (n_bytes <= checksum_bytes) return false;
        n_bytes -= checksum_bytes;
        break;
      case H5Z_FILTER_SHUFFLE:
        break;
      case H5Z_FILTER_DEFLATE: {
        const auto inflated = inflated_size_.of(std::span(stored_).first(n_bytes), most, front);
        if (!inflated) return false;
        n_bytes = *inflated;
        break;
      }
      case H5Z_FILTER_SZIP:
        if (n_bytes < 4 || number() > most) return false;
        n_bytes = number();
        break;
      case H5Z_FILTER_NBIT:
        if (values.size() > 1 && values[1] != 0) break;
        if (n_bytes < (std::uint64_t{values[2]} * values[6] + 7) / 8) return false;
        n_bytes = chunk_bytes_;
        break;
      case H5Z_FILTER_SCALEOFFSET:
        // A head of 21 bytes, which begins with the bits that are left of each number.
        if (n_bytes < front.size() || number() > 8 * values[4]) return false;
        if (n_bytes < front.size() + (values[2] * number() + 7) / 8) return false;
        n_bytes = chunk_bytes_;
        break;
      default:
        // What a filter gives that is none of HDF5's own is its to say.
        return true;
    }
  }
  return n_bytes == chunk_bytes_;
}

}  // namespace plotmill
