// See verify_hdf5_series.hpp.
#include "stages/verify_hdf5_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "stages/hdf5_source_row.hpp"
#include "stages/verify_hdf5_dataset.hpp"
#include "stages/verify_row_hashes.hpp"

namespace plotmill {
namespace {

// Bytes that are read at once.
constexpr std::uint64_t block_bytes = std::uint64_t{1} << 20U;

struct StoredSkipped {
  std::uint64_t first_row;
  const char* reason;
  std::uint32_t group;
};

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

class SeriesCheck {
 public:
  SeriesCheck(const std::string& path, const Hdf5Handle& file, std::uint64_t n_images, std::uint64_t file_bytes,
              const ExpectedHdf5File* expected, VerifyRun& run)
      : path_(path), file_(file), n_images_(n_images), file_bytes_(file_bytes), expected_(expected), run_(run) {}

  void check_sequences() {
    const auto data = open("sequences", 2);
    if (!data) return;
    if (H5Tget_class(data->type.get()) != H5T_FLOAT || H5Tget_size(data->type.get()) != sizeof(float)) {
      return fail("/sequences is not of float32");
    }
    if (!check_rows("sequences", data->n_rows())) return;
    const std::uint64_t row = data->extent[1];
    if (row == 0 || row > (std::uint64_t{1} << 28U)) return fail(fmt::format("/sequences has rows of {} points", row));
    std::vector<float> values;
    VerifyRowHashes hashes = hashes_of(&StoredPiece::sequences_xxh3);
    read_blocks(
        "sequences", *data, row * sizeof(float), H5T_NATIVE_FLOAT,
        [&](std::uint64_t n) {
          values.resize(static_cast<std::size_t>(n * row));
          return values.data();
        },
        [&](std::uint64_t, std::uint64_t n) { compare(hashes, "sequences", n, std::as_bytes(std::span(values))); });
  }

  void check_groups() {
    const auto data = open("groups", 1);
    if (!data) return;
    n_groups_ = data->n_rows();
    if (H5Tis_variable_str(data->type.get()) <= 0) return fail("/groups is not of texts");
    if (expected_ != nullptr && *n_groups_ < expected_->pieces.back().n_groups) {
      fail(fmt::format("/groups has {} rows, and the manifest tells of {}", *n_groups_,
                       expected_->pieces.back().n_groups));
    }
    const Hdf5Handle type = text_type();
    std::vector<char*> texts;
    read_blocks(
        "groups", *data, 64, type.get(),
        [&](std::uint64_t n) {
          texts.assign(static_cast<std::size_t>(n), nullptr);
          return texts.data();
        },
        [&](std::uint64_t, std::uint64_t) { std::ranges::for_each(texts, H5free_memory); });
  }

  void check_source() {
    const auto data = open("source", 1);
    if (!data) return;
    const hid_t stored = data->type.get();
    if (H5Tget_class(stored) != H5T_COMPOUND || H5Tget_member_index(stored, "group") < 0 ||
        H5Tget_member_index(stored, "first_row") < 0 || H5Tget_member_index(stored, "blank") < 0) {
      return fail("/source is not of group, first_row and blank");
    }
    if (!check_rows("source", data->n_rows())) return;
    const Hdf5Handle type = Hdf5SourceRow::type(H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
    std::vector<std::uint8_t> rows;
    std::uint64_t n_blank = 0;
    VerifyRowHashes hashes = hashes_of(&StoredPiece::source_xxh3);
    const bool is_read = read_blocks(
        "source", *data, Hdf5SourceRow::n_bytes, type.get(),
        [&](std::uint64_t n) {
          rows.assign(static_cast<std::size_t>(n) * Hdf5SourceRow::n_bytes, 0);
          return rows.data();
        },
        [&](std::uint64_t first, std::uint64_t n) {
          for (std::size_t i = 0; i < n; ++i) {
            const auto row = std::span(rows).subspan(i * Hdf5SourceRow::n_bytes).first<Hdf5SourceRow::n_bytes>();
            n_blank += check_one(Hdf5SourceRow::unpack(row), first + i);
          }
          compare(hashes, "source", n, std::as_bytes(std::span(rows)));
        });
    if (is_read && expects("blank") && n_blank != expected_->n_bad) {
      fail(fmt::format("/source has {} blank images, and the manifest tells of {}", n_blank, expected_->n_bad));
    }
  }

  void check_skipped() {
    const bool exists = H5Lexists(file_.get(), "skipped", H5P_DEFAULT) > 0;
    if (!exists && !expects("skip")) return;
    const auto data = open("skipped", 1);
    if (!data) return;
    if (expects("skip") && data->n_rows() != expected_->n_bad) {
      fail(fmt::format("/skipped has {} rows, and the manifest tells of {}", data->n_rows(), expected_->n_bad));
    }
    const Hdf5Handle text = text_type();
    const Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(StoredSkipped)), H5Tclose);
    H5Tinsert(type.get(), "group", offsetof(StoredSkipped, group), H5T_NATIVE_UINT32);
    H5Tinsert(type.get(), "first_row", offsetof(StoredSkipped, first_row), H5T_NATIVE_UINT64);
    H5Tinsert(type.get(), "reason", offsetof(StoredSkipped, reason), text.get());
    std::vector<StoredSkipped> rows;
    read_blocks(
        "skipped", *data, 256, type.get(),
        [&](std::uint64_t n) {
          rows.assign(static_cast<std::size_t>(n), {});
          return rows.data();
        },
        [&](std::uint64_t, std::uint64_t) {
          for (StoredSkipped& row : rows) H5free_memory(const_cast<char*>(row.reason));
        });
  }

 private:
  void fail(std::string text) { run_.findings.add(path_, std::move(text)); }

  [[nodiscard]] bool expects(const char* on_bad_series) const {
    return expected_ != nullptr && expected_->stage && expected_->is_whole &&
           expected_->stage->on_bad_series == on_bad_series;
  }

  std::optional<VerifyDataset> open(const char* name, std::size_t rank) {
    std::string fault;
    auto data = open_dataset(file_, name, rank, fault);
    if (data && data->n_rows() > file_bytes_) {
      fault = fmt::format("/{} has {} rows, which the file has no room for", name, data->n_rows());
      data.reset();
    }
    if (!data) fail(fault);
    return data;
  }

  bool check_rows(const char* name, std::uint64_t n_rows) {
    if (n_rows == n_images_) return true;
    fail(fmt::format("/{} has {} rows, and /images has {}", name, n_rows, n_images_));
    return false;
  }

  [[nodiscard]] VerifyRowHashes hashes_of(std::string StoredPiece::*wanted) const {
    return {expected_ != nullptr ? std::span<const StoredPiece>(expected_->pieces) : std::span<const StoredPiece>(),
            wanted};
  }

  void compare(VerifyRowHashes& hashes, const char* name, std::uint64_t n, std::span<const std::byte> rows) {
    hashes.add(n, rows, [&](std::uint64_t first, std::uint64_t end) {
      run_.findings.add(path_, first, end,
                        fmt::format("/{} is not what was written: the hash of these rows is another one", name));
    });
  }

  // Returns 1 for a blank image.
  std::uint64_t check_one(const Hdf5SourceRow& row, std::uint64_t image) {
    if (n_groups_ && row.source.group >= *n_groups_) {
      run_.findings.add(path_, image, image + 1, "/source names a group that /groups has not");
    }
    if (row.blank > 1) run_.findings.add(path_, image, image + 1, "`blank` in /source is neither 0 nor 1");
    return row.blank == 1 ? 1 : 0;
  }

  static void take_nothing(std::uint64_t, std::uint64_t) {}

  // Reads all rows, some at once, into what `room(n)` gives, and hands each block to `take(first, n)`.
  template <class Room, class Take = void (*)(std::uint64_t, std::uint64_t)>
  bool read_blocks(const char* name, const VerifyDataset& data, std::uint64_t row_bytes, hid_t type, Room room,
                   Take take = take_nothing) {
    const std::uint64_t step = std::max<std::uint64_t>(1, block_bytes / row_bytes);
    for (std::uint64_t first = 0; first < data.n_rows(); first += step) {
      run_.keep_going();
      const std::uint64_t n = std::min(step, data.n_rows() - first);
      if (!data.read_rows(first, n, type, room(n))) {
        fail(with_hdf5_reason(fmt::format("/{}: rows {} to {} cannot be read", name, first, first + n - 1)));
        return false;
      }
      take(first, n);
    }
    return true;
  }

  const std::string& path_;
  const Hdf5Handle& file_;
  std::uint64_t n_images_;
  std::uint64_t file_bytes_;
  const ExpectedHdf5File* expected_;
  VerifyRun& run_;
  std::optional<std::uint64_t> n_groups_;
};

}  // namespace

void verify_hdf5_series(const std::string& path, const Hdf5Handle& file, std::uint64_t n_images,
                        std::uint64_t file_bytes, const ExpectedHdf5File* expected, VerifyRun& run) {
  const Hdf5Section section;
  const bool known = expected != nullptr && expected->stage;
  const bool stored = H5Lexists(file.get(), "sequences", H5P_DEFAULT) > 0;
  if (known ? !expected->stage->sequences : !stored) return;
  SeriesCheck check(path, file, n_images, file_bytes, expected, run);
  check.check_sequences();
  check.check_groups();
  check.check_source();
  check.check_skipped();
}

}  // namespace plotmill
