// Compares the rows of a dataset with the hashes that a manifest has of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stages/files/data_hash.hpp"

namespace plotmill {

/// Rows that follow one another, and their hash; rows without one are not compared.
struct HashedRows {
  std::uint64_t n_rows;
  std::string xxh3;
};

/// Of one dataset.
class VerifyRowHashes {
 public:
  /// The pieces in which its rows were written, one after another.
  explicit VerifyRowHashes(std::vector<HashedRows> pieces) : pieces_(std::move(pieces)) {}

  /// Takes the next `n` rows: add_row(hash, i) adds row i of them. Calls differs(first, end) for each piece that ends
  /// with one of them and has another hash.
  template <class AddRow, class Differs>
  void add(std::uint64_t n, AddRow add_row, Differs differs) {
    for (std::uint64_t i = 0; i < n; ++i) {
      while (piece_ < pieces_.size() && pieces_[piece_].n_rows == 0) ++piece_;
      if (piece_ == pieces_.size()) return;
      add_row(hash_, static_cast<std::size_t>(i));
      if (++n_taken_ < pieces_[piece_].n_rows) continue;
      const std::string& wanted = pieces_[piece_].xxh3;
      if (!wanted.empty() && hash_.text() != wanted) differs(first_, first_ + n_taken_);
      first_ += n_taken_;
      n_taken_ = 0;
      hash_.clear();
      ++piece_;
    }
  }

 private:
  std::vector<HashedRows> pieces_;
  std::size_t piece_ = 0;      ///< The one that has not ended.
  std::uint64_t first_ = 0;    ///< Row of the file with which it begins.
  std::uint64_t n_taken_ = 0;  ///< Rows of it so far.
  DataHash hash_;
};

}  // namespace plotmill
