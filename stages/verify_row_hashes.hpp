// Compares the rows of a dataset with the hashes that a manifest has of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stages/data_hash.hpp"
#include "stages/manifest.hpp"

namespace plotmill {

/// Of one dataset of a file with a row for each image.
class VerifyRowHashes {
 public:
  /// The pieces of the file, one after another, and where each has the hash of its rows; one without is not compared.
  VerifyRowHashes(std::span<const StoredPiece> pieces, std::string StoredPiece::*wanted)
      : pieces_(pieces), wanted_(wanted) {}

  /// Takes the next `n` rows, and calls differs(first, end) for each piece that ends with them and has another hash.
  template <class Differs>
  void add(std::uint64_t n, std::span<const std::byte> rows, Differs differs) {
    const std::size_t row_bytes = n > 0 ? rows.size() / static_cast<std::size_t>(n) : 0;
    while (n > 0 && !pieces_.empty()) {
      const StoredPiece& piece = pieces_.front();
      const std::uint64_t taken = std::min(n, piece.end - piece.first - n_taken_);
      const std::size_t n_bytes = static_cast<std::size_t>(taken) * row_bytes;
      hash_.add(rows.first(n_bytes));
      rows = rows.subspan(n_bytes);
      n -= taken;
      n_taken_ += taken;
      if (n_taken_ < piece.end - piece.first) return;
      const std::string& wanted = piece.*wanted_;
      if (n_taken_ > 0 && !wanted.empty() && hash_.text() != wanted) differs(first_, first_ + n_taken_);
      first_ += n_taken_;
      n_taken_ = 0;
      hash_.clear();
      pieces_ = pieces_.subspan(1);
    }
  }

 private:
  std::span<const StoredPiece> pieces_;  ///< That have not ended.
  std::string StoredPiece::*wanted_;
  std::uint64_t first_ = 0;    ///< Row of the file with which the first of them begins.
  std::uint64_t n_taken_ = 0;  ///< Rows of it so far.
  DataHash hash_;
};

}  // namespace plotmill
