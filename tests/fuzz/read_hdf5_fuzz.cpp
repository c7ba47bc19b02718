// Fuzzes read_hdf5 with files that HDF5 itself writes, of whatever shape, type, chunks and filters the input says; what
// is stored as a chunk need not be what the filters make. HDF5 is no instrumented code: libFuzzer sees what the reader
// and this file do.
//
// The metadata are whole. Damaged ones can crash HDF5 1.10.8, as Debian 12 has it, in its own functions: of some
// 390,000 files with one byte changed, one did, in H5Oopen() (a message said to be shared where the file has no shared
// ones).
#include <hdf5.h>
#include <zlib.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "fuzz/fuzz_reader.hpp"
#include "stages/hdf5/handle.hpp"

using namespace plotmill;

namespace {

// HDF5's own: the metadata of an open file, a buffer for conversions, the records of chunks being read.
constexpr std::uint64_t constant_bytes = std::uint64_t{8} << 20U;

// A few or very many.
hsize_t extent(FuzzedDataProvider& input, int most_bits) {
  if (input.ConsumeIntegralInRange(0, 3) > 0) return input.ConsumeIntegralInRange<hsize_t>(0, 40);
  return hsize_t{1} << input.ConsumeIntegralInRange(0, most_bits);
}

// `strange`: HDF5 crashes where it turns numbers into some of these types, or packs them.
Hdf5Handle number_type(FuzzedDataProvider& input, bool strange) {
  const hid_t types[] = {H5T_IEEE_F32LE,     H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_STD_I8LE,
                         H5T_STD_U8LE,       H5T_STD_I16BE,  H5T_STD_U32LE,  H5T_STD_I64LE,  H5T_STD_U64BE,
                         H5T_NATIVE_LDOUBLE, H5T_C_S1,       H5T_STD_REF_OBJ};
  Hdf5Handle type(H5Tcopy(types[input.ConsumeIntegralInRange<std::size_t>(0, std::size(types) - 1)]), H5Tclose);
  if (!strange) return type;
  // What HDF5 refuses leaves the type as it was.
  if (input.ConsumeIntegralInRange(0, 7) == 0) H5Tset_size(type.get(), input.ConsumeIntegral<std::uint32_t>());
  if (input.ConsumeIntegralInRange(0, 7) == 0) H5Tset_precision(type.get(), input.ConsumeIntegral<std::uint8_t>());
  if (input.ConsumeIntegralInRange(0, 7) == 0) H5Tset_offset(type.get(), input.ConsumeIntegral<std::uint8_t>());
  if (input.ConsumeIntegralInRange(0, 7) == 0) {
    const auto bit = [&] { return input.ConsumeIntegralInRange<std::size_t>(0, 130); };
    const std::size_t fields[] = {bit(), bit(), bit(), bit(), bit()};
    H5Tset_fields(type.get(), fields[0], fields[1], fields[2], fields[3], fields[4]);
  }
  return type;
}

void add_filters(FuzzedDataProvider& input, hid_t create, bool strange_type) {
  // Those that know of numbers stand alone: HDF5 crashes where they write what another one made.
  if (!strange_type && input.ConsumeIntegralInRange(0, 3) == 0) {
    switch (input.ConsumeIntegralInRange(0, 2)) {
      case 0:
        H5Pset_nbit(create);
        break;
      case 1:
        H5Pset_scaleoffset(create, H5Z_SO_INT, input.ConsumeIntegralInRange(0, 40));
        break;
      default:
        H5Pset_szip(create, H5_SZIP_NN_OPTION_MASK, 8);
    }
    return;
  }
  for (int n = input.ConsumeIntegralInRange(0, 3); n > 0; --n) {
    switch (input.ConsumeIntegralInRange(0, 3)) {
      case 0:
        H5Pset_shuffle(create);
        break;
      case 1:
        H5Pset_fletcher32(create);
        break;
      default:
        H5Pset_deflate(create, 1);
    }
  }
}

// A stream of zlib's, which may give more or less than a chunk has; or whatever.
std::vector<std::uint8_t> chunk_bytes(FuzzedDataProvider& input) {
  std::vector<std::uint8_t> bytes =
      input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(1, 3000));
  if (input.ConsumeBool()) {
    bytes.resize(bytes.size() + (std::size_t{1} << input.ConsumeIntegralInRange(0, 23)));
    uLongf n = compressBound(bytes.size());
    std::vector<std::uint8_t> stream(n);
    compress2(stream.data(), &n, bytes.data(), bytes.size(), 9);
    stream.resize(n);
    if (input.ConsumeBool()) stream.insert(stream.end(), 4, 0);
    bytes = std::move(stream);
  }
  bytes.resize(std::max<std::size_t>(1, bytes.size()));
  return bytes;
}

void write_chunks(FuzzedDataProvider& input, hid_t set, const std::vector<hsize_t>& shape,
                  const std::vector<hsize_t>& chunk) {
  // HDF5 crashes where it writes a chunk of nothing.
  if (std::ranges::find(shape, hsize_t{0}) != shape.end()) return;
  while (input.remaining_bytes() > 8) {
    std::vector<hsize_t> place(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const hsize_t n = (shape[i] - 1) / chunk[i] + 1;
      place[i] = input.ConsumeIntegralInRange<hsize_t>(0, std::min<hsize_t>(n - 1, 3)) * chunk[i];
    }
    const std::uint32_t mask = input.ConsumeBool() ? 0 : input.ConsumeIntegralInRange<std::uint32_t>(0, 7);
    const std::vector<std::uint8_t> bytes = chunk_bytes(input);
    // HDF5 loses its buffer of metadata where it could not write, and crashes with the next chunk.
    if (H5Dwrite_chunk(set, H5P_DEFAULT, mask, place.data(), bytes.size(), bytes.data()) < 0) break;
  }
}

// At the front of the dataset, as far as the rest of the input goes.
void write_values(FuzzedDataProvider& input, hid_t set, hid_t space, const std::vector<hsize_t>& shape) {
  std::vector<hsize_t> count(shape.size());
  std::transform(shape.begin(), shape.end(), count.begin(), [](hsize_t n) { return std::min<hsize_t>(n, 30); });
  std::vector<double> values(27000, 0.5);
  for (std::size_t i = 0; input.remaining_bytes() > 0; ++i)
    values[i % values.size()] = input.ConsumeFloatingPoint<double>();
  const std::vector<hsize_t> start(shape.size(), 0);
  hsize_t n = 1;
  for (const hsize_t side : count) n *= side;
  const Hdf5Handle memory(H5Screate_simple(1, &n, nullptr), H5Sclose);
  if (!shape.empty()) H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  H5Dwrite(set, H5T_NATIVE_DOUBLE, memory.get(), space, H5P_DEFAULT, values.data());
}

void add_dataset(FuzzedDataProvider& input, hid_t file, const std::string& name) {
  const auto n_dimensions = static_cast<std::size_t>(fuzz::pick(input, {2, 2, 2, 1, 1, 0, 3}));
  std::vector<hsize_t> shape(n_dimensions);
  std::vector<hsize_t> chunk(n_dimensions);
  std::vector<hsize_t> most(n_dimensions);
  for (std::size_t i = 0; i < n_dimensions; ++i) {
    shape[i] = extent(input, 62);
    most[i] = input.ConsumeIntegralInRange(0, 3) == 0 ? H5S_UNLIMITED : shape[i];
    // Not so many chunks that reading them takes a second.
    const hsize_t least = shape[i] <= 64 ? 1 : std::clamp<hsize_t>(shape[i] >> 10U, 64, 1U << 31U);
    chunk[i] = std::max(least, extent(input, 31));
  }
  const bool strange_type = input.ConsumeIntegralInRange(0, 3) == 0;
  const Hdf5Handle type = number_type(input, strange_type);
  const Hdf5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const H5D_layout_t layout = fuzz::pick(input, {H5D_CHUNKED, H5D_CHUNKED, H5D_CHUNKED, H5D_CONTIGUOUS, H5D_COMPACT});
  H5Pset_layout(create.get(), layout);
  if (layout == H5D_CHUNKED) {
    H5Pset_chunk(create.get(), static_cast<int>(n_dimensions), chunk.data());
    add_filters(input, create.get(), strange_type);
    if (input.ConsumeBool()) H5Pset_chunk_opts(create.get(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  }
  const Hdf5Handle space(n_dimensions == 0
                             ? H5Screate(input.ConsumeBool() ? H5S_SCALAR : H5S_NULL)
                             : H5Screate_simple(static_cast<int>(n_dimensions), shape.data(), most.data()),
                         H5Sclose);
  if (layout == H5D_CONTIGUOUS && input.ConsumeIntegralInRange(0, 9) == 0) {
    H5Pset_virtual(create.get(), space.get(), ".", "other", space.get());
  }
  const Hdf5Handle set(H5Dcreate2(file, name.c_str(), type.get(), space.get(), H5P_DEFAULT, create.get(), H5P_DEFAULT),
                       H5Dclose);
  if (!set) return;
  // HDF5 would make room for as much as is written at least, and for whole chunks.
  const auto is_small = [](const std::vector<hsize_t>& sides) {
    return std::accumulate(sides.begin(), sides.end(), 1.0, [](double n, hsize_t side) { return n * double(side); }) <
           65536;
  };
  if (layout == H5D_CHUNKED && input.ConsumeBool()) {
    write_chunks(input, set.get(), shape, chunk);
  } else if (!strange_type && is_small(layout == H5D_CHUNKED ? chunk : shape)) {
    write_values(input, set.get(), space.get(), shape);
  }
}

void write_file(FuzzedDataProvider& input, const std::string& path) {
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (input.ConsumeBool()) H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  std::string name = "sequences";
  for (int depth = input.ConsumeIntegralInRange(0, 40); depth > 35; --depth) {
    (void)Hdf5Handle(H5Gcreate2(file.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    name += "/a";
  }
  add_dataset(input, file.get(), name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::FuzzFile file;
  FuzzedDataProvider input(data, size);
  fuzz::ReaderUse use(input, constant_bytes);
  use.most_series = 64;
  const test::Params params = {
      {"path", file.path()},
      {"dataset", std::string(fuzz::pick(
                      input, {"/sequences", "/sequences", "/sequences", "sequences/a", "/", "", "sequence", "/a//."}))},
      {"window", fuzz::pick(input, {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3},
                                    std::int64_t{100}, std::int64_t{16777216}})},
      {"stride", fuzz::pick(input, {std::int64_t{1}, std::int64_t{2}, std::int64_t{7}, std::int64_t{300000},
                                    std::int64_t{1000000000000000}})},
      {"limit", input.ConsumeIntegralInRange<std::int64_t>(0, 20)},
  };
  {
    const Hdf5Section quiet;
    file.fill({});
    write_file(input, file.path());
  }
  fuzz::fuzz_reader("read_hdf5", params, use);
  return 0;
}
