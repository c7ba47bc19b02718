// See hdf5_texts.hpp.
#include "stages/verify/hdf5_texts.hpp"

#include <algorithm>
#include <vector>

#include "stages/hdf5/text_rows.hpp"

namespace plotmill {

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
  const Hdf5Handle type = hdf5_text_type();
  std::vector<char*> texts;
  rows.read(
      "groups", *data, 64, type.get(),
      [&](std::uint64_t n) {
        texts.assign(static_cast<std::size_t>(n), nullptr);
        return texts.data();
      },
      [&](std::uint64_t, std::uint64_t) { std::ranges::for_each(texts, H5free_memory); });
  return data->n_rows();
}

void verify_hdf5_skipped(VerifyHdf5Rows& rows) {
  if (!rows.has("skipped") && !rows.expects("skip")) return;
  const auto data = rows.open("skipped", 1);
  if (!data) return;
  if (rows.expects("skip") && data->n_rows() != rows.expected()->n_bad) {
    rows.fail(
        fmt::format("/skipped has {} rows, and the manifest tells of {}", data->n_rows(), rows.expected()->n_bad));
  }
  const Hdf5Handle type = Hdf5SkippedRow::type(hdf5_text_type(), H5T_NATIVE_UINT32, H5T_NATIVE_UINT64);
  std::vector<Hdf5SkippedRow> skipped;
  rows.read(
      "skipped", *data, 256, type.get(),
      [&](std::uint64_t n) {
        skipped.assign(static_cast<std::size_t>(n), {});
        return skipped.data();
      },
      [&](std::uint64_t, std::uint64_t) {
        for (const Hdf5SkippedRow& row : skipped) H5free_memory(const_cast<char*>(row.reason));
      });
}

}  // namespace plotmill
