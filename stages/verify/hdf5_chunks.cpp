// See hdf5_chunks.hpp.
#include "stages/verify/hdf5_chunks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "plotmill/contact_sheet.hpp"
#include "stages/files/data_hash.hpp"

namespace plotmill {
namespace {

struct Chunk {
  std::uint64_t first = 0;  ///< Images first..end-1.
  std::uint64_t end = 0;
  std::vector<std::uint8_t> bytes = {};
};

class ChunksCheck {
 public:
  ChunksCheck(const std::string& path, const VerifyImages& images, const ExpectedHdf5File* expected, VerifyRun& run)
      : path_(path), images_(images), expected_(expected), run_(run) {}

  ChunksCheck(const ChunksCheck&) = delete;
  ChunksCheck& operator=(const ChunksCheck&) = delete;
  ~ChunksCheck() { run_.workers.leave(); }

  void check_all() {
    for (std::uint64_t first = 0; first < images_.n_images; first += images_.per_chunk) {
      begin_piece(first);
      const auto chunk = check_one(first);
      if (chunk && expected_ != nullptr) {
        hash_.add(std::as_bytes(std::span(chunk->bytes)));
        n_bytes_ += chunk->bytes.size();
      }
      // Images of other lengths than the manifest's can't be told apart any more.
      is_whole_ = is_whole_ && chunk != nullptr;
    }
    end_piece(images_.n_images);
    run_.workers.finish();
    tell_other_hashes();
  }

  void check(const std::vector<std::uint64_t>& sampled) {
    std::uint64_t next = 0;
    for (const std::uint64_t image : sampled) {
      if (image < next || image >= images_.n_images) continue;
      const std::uint64_t first = image / images_.per_chunk * images_.per_chunk;
      (void)check_one(first);
      next = first + images_.per_chunk;
    }
    run_.workers.finish();
  }

 private:
  // Reads a chunk and gives it to the threads; null where that is not possible.
  std::shared_ptr<const Chunk> check_one(std::uint64_t first) {
    run_.keep_going();
    auto chunk = std::make_shared<Chunk>(Chunk{first, std::min(first + images_.per_chunk, images_.n_images)});
    if (std::string fault = read(*chunk); !fault.empty()) {
      run_.findings.add(path_, chunk->first, chunk->end, std::move(fault));
      return {};
    }
    run_.workers.add(chunk->bytes.size(), [this, chunk](VerifyScratch& scratch) {
      // A short last chunk is filled up.
      if (const char* fault = scratch.inflate.fault(chunk->bytes, images_.per_chunk * images_.image_bytes)) {
        run_.findings.add(path_, chunk->first, chunk->end, fault);
      }
      run_.findings.count_image(chunk->end - chunk->first, chunk->bytes.size());
    });
    return chunk;
  }

  // What is wrong, or "".
  std::string read(Chunk& chunk) const {
    const Hdf5Section section;
    H5Eclear2(H5E_DEFAULT);
    const std::array<hsize_t, 3> corner{chunk.first, 0, 0};
    hsize_t n_bytes = 0;
    if (H5Dget_chunk_storage_size(images_.data.data.get(), corner.data(), &n_bytes) < 0 || n_bytes == 0) {
      return with_hdf5_reason("the data are not in the file");
    }
    if (n_bytes > images_.file_bytes) return fmt::format("the data have {} bytes in the file's index", n_bytes);
    chunk.bytes.resize(static_cast<std::size_t>(n_bytes));
    std::uint32_t filters_left_out = 0;
    if (H5Dread_chunk(images_.data.data.get(), H5P_DEFAULT, corner.data(), &filters_left_out, chunk.bytes.data()) < 0) {
      return with_hdf5_reason("the data cannot be read");
    }
    if (filters_left_out != 0) return "the data are not compressed, by the file's index";
    return {};
  }

  // Number of the first image of the file in the manifest.
  [[nodiscard]] std::uint64_t origin() const { return expected_->pieces.front().first; }

  void begin_piece(std::uint64_t first) {
    if (expected_ == nullptr || piece_ == expected_->pieces.size() ||
        first + origin() < expected_->pieces[piece_].end) {
      return;
    }
    end_piece(first);
  }

  // Compares, at the image behind the piece.
  void end_piece(std::uint64_t end) {
    if (expected_ == nullptr) return;
    for (; piece_ < expected_->pieces.size() && expected_->pieces[piece_].end - origin() <= end; ++piece_) {
      const StoredPiece& piece = expected_->pieces[piece_];
      const bool is_same = piece.xxh3.size() == 1 && hash_.text() == piece.xxh3.front() && n_bytes_ == piece.n_bytes;
      if (is_whole_ && !is_same && piece.first < piece.end) {
        others_.push_back({piece.first - origin(), piece.end - origin()});
      }
      hash_.clear();
      n_bytes_ = 0;
      is_whole_ = true;
    }
  }

  // Where single images are known to be damaged, that says it all.
  void tell_other_hashes() {
    for (const auto& [first, end] : others_) {
      if (run_.findings.has_damage(path_, first, end)) continue;
      run_.findings.add(path_, first, end,
                        "the data decompress, but are not those that were written: their hash is another one");
    }
  }

  const std::string& path_;
  const VerifyImages& images_;
  const ExpectedHdf5File* expected_;
  VerifyRun& run_;
  DataHash hash_;
  std::size_t piece_ = 0;                                        ///< Which one is being read.
  std::uint64_t n_bytes_ = 0;                                    ///< Of it so far.
  bool is_whole_ = true;                                         ///< All of it could be read.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> others_;  ///< Pieces whose hash is another one.
};

}  // namespace

void verify_hdf5_chunks(const std::string& path, const VerifyImages& images, const ExpectedHdf5File* expected,
                        VerifyRun& run) {
  ChunksCheck check(path, images, expected, run);
  if (run.sample == 0) {
    check.check_all();
  } else if (expected != nullptr) {
    check.check(expected->sampled);
  } else {
    check.check(spread_indices(images.n_images, static_cast<std::size_t>(run.sample)));
  }
}

}  // namespace plotmill
