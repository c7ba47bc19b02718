// See verify_hdf5_texts.hpp.
#include "stages/verify_hdf5_texts.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "stages/hdf5_text_rows.hpp"

namespace plotmill {
namespace {

// As the manifest counts over all files of a run, and what came with a piece is wanted.
auto growth_of(std::uint64_t StoredPiece::*count, std::uint64_t before) {
  return [count, before](const StoredPiece& piece) mutable {
    const std::uint64_t end = std::max(piece.*count, before);
    return end - std::exchange(before, end);
  };
}

// What add() of VerifyRowHashes calls for rows that differ.
auto tell_rows(VerifyHdf5Rows& rows, const char* name) {
  return [&rows, name](std::uint64_t first, std::uint64_t end) {
    rows.fail(
        fmt::format("/{} is not what was written: the hash of its rows {} to {} is another one", name, first, end - 1));
  };
}

}  // namespace

std::optional<std::uint64_t> verify_hdf5_groups(VerifyHdf5Rows& rows) {
  const auto data = rows.open("groups", 1);
  if (!data) return {};
  if (H5Tis_variable_str(data->type.get()) <= 0) {
    rows.fail("/groups is not of texts");
    return data->n_rows();
  }
  if (const auto* expected = rows.expected();
      expected != nullptr && data->n_rows() < expected->pieces.back().n_groups) {
    rows.fail(fmt::format("/groups has {} rows, and the manifest tells of {}", data->n_rows(),
                          expected->pieces.back().n_groups));
  }
  // Each file has all names from the first on.
  VerifyRowHashes hashes = rows.hashes(growth_of(&StoredPiece::n_groups, 0), &StoredPiece::groups_xxh3);
  const Hdf5Handle type = hdf5_text_type();
  std::vector<char*> texts;
  rows.read(
      "groups", *data, 64, type.get(),
      [&](std::uint64_t n) {
        texts.assign(static_cast<std::size_t>(n), nullptr);
        return texts.data();
      },
      [&](std::uint64_t, std::uint64_t n) {
        hashes.add(
            n, [&](DataHash& hash, std::size_t i) { add_text(hash, texts[i]); }, tell_rows(rows, "groups"));
        std::ranges::for_each(texts, H5free_memory);
      });
  return data->n_rows();
}

void verify_hdf5_skipped(VerifyHdf5Rows& rows) {
  if (!rows.has("skipped") && !rows.expects("skip")) return;
  const auto data = rows.open("skipped", 1);
  if (!data) return;
  const ExpectedHdf5File* const expected = rows.expected();
  if (rows.expects("skip") && data->n_rows() != expected->n_bad) {
    rows.fail(fmt::format("/skipped has {} rows, and the manifest tells of {}", data->n_rows(), expected->n_bad));
  }
  const std::uint64_t before = expected != nullptr ? expected->pieces.back().n_bad - expected->n_bad : 0;
  VerifyRowHashes hashes = rows.hashes(growth_of(&StoredPiece::n_bad, before), &StoredPiece::skipped_xxh3);
  const Hdf5Handle type = Hdf5SkippedRow::type(hdf5_text_type(), H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  std::vector<Hdf5SkippedRow> skipped;
  rows.read(
      "skipped", *data, 256, type.get(),
      [&](std::uint64_t n) {
        skipped.assign(static_cast<std::size_t>(n), {});
        return skipped.data();
      },
      [&](std::uint64_t, std::uint64_t n) {
        hashes.add(
            n, [&](DataHash& hash, std::size_t i) { skipped[i].add_to(hash); }, tell_rows(rows, "skipped"));
        for (const Hdf5SkippedRow& row : skipped) H5free_memory(const_cast<char*>(row.reason));
      });
}

}  // namespace plotmill
