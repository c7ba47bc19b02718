// See hdf5_series.hpp.
#include "stages/verify/hdf5_series.hpp"

#include <cstddef>
#include <span>

#include "stages/hdf5/source_row.hpp"
#include "stages/verify/hdf5_rows.hpp"
#include "stages/verify/hdf5_texts.hpp"

namespace plotmill {
namespace {

bool check_count(VerifyHdf5Rows& rows, const char* name, std::uint64_t n_rows, std::uint64_t n_images) {
  if (n_rows == n_images) return true;
  rows.fail(fmt::format("/{} has {} rows, and /images has {}", name, n_rows, n_images));
  return false;
}

// Takes `n` rows of equal length.
void compare(VerifyHdf5Rows& rows, const char* name, VerifyRowHashes& hashes, std::uint64_t n,
             std::span<const std::byte> bytes) {
  const std::size_t row_bytes = bytes.size() / static_cast<std::size_t>(n);
  hashes.add(
      n, [&](DataHash& hash, std::size_t i) { hash.add(bytes.subspan(i * row_bytes, row_bytes)); },
      [&](std::uint64_t first, std::uint64_t end) {
        rows.fail(first, end, fmt::format("/{} is not what was written: the hash of these rows is another one", name));
      });
}

// With what the definition says.
void check_sequence_type(VerifyHdf5Rows& rows, const char* type) {
  if (rows.expected() == nullptr || !rows.expected()->stage) return;
  const std::string& wanted = rows.expected()->stage->sequence_type;
  if (wanted.empty() || wanted == type) return;
  rows.fail(fmt::format("/sequences is of {}, and by the definition of {}", type, wanted));
}

void check_sequences(VerifyHdf5Rows& rows, std::uint64_t n_images) {
  const auto data = rows.open("sequences", 2);
  if (!data) return;
  const bool is_float32 = H5Tequal(data->type.get(), H5T_IEEE_F32LE) > 0;
  if (!is_float32 && H5Tequal(data->type.get(), H5T_IEEE_F64LE) <= 0) {
    return rows.fail("/sequences is neither of float32 nor of float64");
  }
  check_sequence_type(rows, is_float32 ? "float32" : "float64");
  if (!check_count(rows, "sequences", data->n_rows(), n_images)) return;
  const std::uint64_t n_points = data->extent[1];
  if (n_points == 0 || n_points > (std::uint64_t{1} << 28U)) {
    return rows.fail(fmt::format("/sequences has rows of {} points", n_points));
  }
  const std::uint64_t row_bytes = n_points * (is_float32 ? sizeof(float) : sizeof(double));
  std::vector<std::byte> values;
  VerifyRowHashes hashes = rows.hashes(&StoredPiece::sequences_xxh3);
  rows.read(
      "sequences", *data, row_bytes, is_float32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE,
      [&](std::uint64_t n) {
        values.resize(static_cast<std::size_t>(n * row_bytes));
        return values.data();
      },
      [&](std::uint64_t, std::uint64_t n) { compare(rows, "sequences", hashes, n, values); });
}

void check_source(VerifyHdf5Rows& rows, std::uint64_t n_images, std::optional<std::uint64_t> n_groups) {
  const auto data = rows.open("source", 1);
  if (!data) return;
  if (H5Tequal(data->type.get(), Hdf5SourceRow::type(H5T_STD_U32LE, H5T_STD_U64LE).get()) <= 0) {
    return rows.fail("/source is not of group, first_row and blank");
  }
  if (!check_count(rows, "source", data->n_rows(), n_images)) return;
  const Hdf5Handle type = Hdf5SourceRow::type(H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  std::vector<std::uint8_t> packed;
  std::uint64_t n_blank = 0;
  const auto check_one = [&](const Hdf5SourceRow& row, std::uint64_t image) {
    if (n_groups && row.source.group >= *n_groups) {
      rows.fail(image, image + 1, "/source names a group that /groups has not");
    }
    if (row.blank > 1) rows.fail(image, image + 1, "`blank` in /source is neither 0 nor 1");
    if (row.blank == 1) ++n_blank;
  };
  VerifyRowHashes hashes = rows.hashes(&StoredPiece::source_xxh3);
  const bool is_read = rows.read(
      "source", *data, Hdf5SourceRow::n_bytes, type.get(),
      [&](std::uint64_t n) {
        packed.assign(static_cast<std::size_t>(n) * Hdf5SourceRow::n_bytes, 0);
        return packed.data();
      },
      [&](std::uint64_t first, std::uint64_t n) {
        for (std::size_t i = 0; i < n; ++i) {
          const auto row = std::span(packed).subspan(i * Hdf5SourceRow::n_bytes).first<Hdf5SourceRow::n_bytes>();
          check_one(Hdf5SourceRow::unpack(row), first + i);
        }
        compare(rows, "source", hashes, n, std::as_bytes(std::span(packed)));
      });
  if (is_read && rows.expects("blank") && n_blank != rows.expected()->n_bad) {
    rows.fail(
        fmt::format("/source has {} blank images, and the manifest tells of {}", n_blank, rows.expected()->n_bad));
  }
}

}  // namespace

void verify_hdf5_series(const std::string& path, const Hdf5Handle& file, std::uint64_t n_images,
                        std::uint64_t file_bytes, const ExpectedHdf5File* expected, VerifyRun& run) {
  const Hdf5Section section;
  VerifyHdf5Rows rows(path, file, file_bytes, expected, run);
  const bool known = expected != nullptr && expected->stage;
  if (known ? !expected->stage->sequences : !rows.has("sequences")) return;
  check_sequences(rows, n_images);
  check_source(rows, n_images, verify_hdf5_groups(rows));
  verify_hdf5_skipped(rows);
}

}  // namespace plotmill
