// See hdf5_rows.hpp.
#include "stages/verify/hdf5_rows.hpp"

namespace plotmill {

bool VerifyHdf5Rows::expects(const char* on_bad_series) const {
  return expected_ != nullptr && expected_->stage && expected_->is_whole &&
         expected_->stage->on_bad_series == on_bad_series;
}

std::optional<VerifyDataset> VerifyHdf5Rows::open(const char* name, std::size_t rank) {
  std::string fault;
  auto data = open_dataset(file_, name, rank, fault);
  if (data && data->n_rows() > file_bytes_) {
    fault = fmt::format("/{} has {} rows, which the file has no room for", name, data->n_rows());
    data.reset();
  }
  if (!data) fail(fault);
  return data;
}

VerifyRowHashes VerifyHdf5Rows::hashes(std::string StoredPiece::*xxh3) const {
  std::vector<HashedRows> rows;
  if (expected_ != nullptr) {
    for (const StoredPiece& piece : expected_->pieces) rows.push_back({piece.end - piece.first, piece.*xxh3});
  }
  return VerifyRowHashes(std::move(rows));
}

}  // namespace plotmill
