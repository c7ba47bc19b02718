// See page_journal.hpp. The journal is a row of pages: address and size, 8 bytes each, little-endian, then the bytes.
#include "stages/write/page_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "plotmill/error.hpp"
#include "stages/files/data_hash.hpp"

namespace plotmill {
namespace {

constexpr std::size_t head_bytes = 16;

FileDescriptor open_part(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) throw_io_error(path, "cannot be opened", errno);
  return file;
}

// Reads as much as there is, and fills up with zeros.
bool read_at(int file, std::uint64_t address, std::span<std::uint8_t> out) noexcept {
  while (!out.empty()) {
    const ssize_t n = ::pread(file, out.data(), out.size(), static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) {
      std::ranges::fill(out, std::uint8_t{0});
      return true;
    }
    address += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

void write_at(int file, const std::string& path, std::uint64_t address, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_io_error(path, "cannot be written", errno);
    address += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void sync(int file, const std::string& path) {
  // EINVAL: a file system that has no such thing.
  if (::fdatasync(file) != 0 && errno != EINVAL) throw_io_error(path, "cannot be brought to the disk", errno);
}

std::string hash_of(std::span<const std::uint8_t> bytes) { return hash_text(std::as_bytes(bytes)); }

void put_number(std::vector<std::uint8_t>& out, std::uint64_t number) {
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

std::uint64_t number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (unsigned i = 0; i < 8; ++i) number |= std::uint64_t{bytes[at + i]} << (8 * i);
  return number;
}

}  // namespace

PageJournal::PageJournal(std::string path, std::uint64_t stable_end, std::vector<ByteRange> metadata)
    : path_(std::move(path)),
      file_(open_part(path_)),
      stable_end_(stable_end),
      end_(stable_end),
      kept_(stable_end),
      begun_end_(stable_end),
      metadata_(std::move(metadata)) {}

bool PageJournal::hold(std::uint64_t address, std::span<const std::uint8_t> bytes) noexcept try {
  while (!bytes.empty()) {
    const std::uint64_t begin = address / page_bytes * page_bytes;
    const auto found = pages_.find(begin);
    if (found == pages_.end()) {
      Page page(static_cast<std::size_t>(std::min<std::uint64_t>(page_bytes, stable_end_ - begin)));
      if (!read_at(file_.get(), begin, page)) return false;
      pages_.emplace(begin, std::move(page));
      continue;
    }
    const auto at = static_cast<std::size_t>(address - begin);
    const std::size_t n = std::min(bytes.size(), found->second.size() - at);
    std::copy_n(bytes.begin(), n, found->second.begin() + static_cast<std::ptrdiff_t>(at));
    address += n;
    bytes = bytes.subspan(n);
  }
  return true;
} catch (const std::bad_alloc&) {
  errno = ENOMEM;
  return false;
}

void PageJournal::lay_over(std::uint64_t address, std::span<std::uint8_t> bytes) const noexcept {
  const std::uint64_t end = address + bytes.size();
  for (auto page = pages_.lower_bound(address / page_bytes * page_bytes); page != pages_.end() && page->first < end;
       ++page) {
    const std::uint64_t from = std::max(address, page->first);
    const std::uint64_t to = std::min(end, page->first + page->second.size());
    if (from >= to) continue;
    std::memcpy(bytes.data() + (from - address), page->second.data() + (from - page->first),
                static_cast<std::size_t>(to - from));
  }
}

std::string PageJournal::hash_metadata() const {
  return hash_of_ranges(metadata_.recorded(), end_, [&](std::uint64_t address, std::span<std::uint8_t> out) {
    if (!read_at(file_.get(), address, out)) throw_io_error(path_, "cannot be read", errno);
    lay_over(address, out);
  });
}

void PageJournal::write_behind() noexcept {
  constexpr std::uint64_t least_bytes = std::uint64_t{8} << 20U;
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < begun_end_ + least_bytes) return;
  (void)::sync_file_range(file_.get(), static_cast<off_t>(begun_end_), static_cast<off_t>(size - begun_end_),
                          SYNC_FILE_RANGE_WRITE);
  begun_end_ = size;
}

SealedPart PageJournal::seal() {
  std::vector<std::uint8_t> journal;
  for (const auto& [address, page] : pages_) {
    put_number(journal, address);
    put_number(journal, page.size());
    journal.insert(journal.end(), page.begin(), page.end());
  }
  write_at(file_.get(), path_, end_, journal);
  sync(file_.get(), path_);
  sealed_ = end_ + journal.size();
  return {end_, journal.size(), hash_of(journal)};
}

void PageJournal::apply() {
  // From here on the file is taken up with its journal, however far this comes.
  kept_ = sealed_;
  for (const auto& [address, page] : pages_) write_at(file_.get(), path_, address, page);
  if (!pages_.empty()) sync(file_.get(), path_);
  pages_.clear();
  stable_end_ = end_;
  kept_ = end_;
}

void PageJournal::cut_off() {
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) throw_io_error(path_, "cannot be cut off", errno);
}

void PageJournal::roll_back() noexcept {
  pages_.clear();
  (void)::ftruncate(file_.get(), static_cast<off_t>(kept_));
}

void PageJournal::restore(const std::string& path, const SealedPart& part) {
  const FileDescriptor file = open_part(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_io_error(path, "cannot be looked at", errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < part.end) {
    throw Error(ErrorKind::io, path,
                fmt::format("is damaged: it has {} bytes, and its last checkpoint had {}; --force starts anew", size,
                            part.end));
  }
  std::vector<std::uint8_t> journal;
  if (size - part.end >= part.journal_bytes) journal.resize(static_cast<std::size_t>(part.journal_bytes));
  if (!read_at(file.get(), part.end, journal)) throw_io_error(path, "cannot be read", errno);
  if (hash_of(journal) == part.journal_xxh3) {
    for (std::size_t at = 0; at < journal.size();) {
      const auto n = static_cast<std::size_t>(number_at(journal, at + 8));
      write_at(file.get(), path, number_at(journal, at), std::span(journal).subspan(at + head_bytes, n));
      at += head_bytes + n;
    }
  }
  // The pages are to be in place before the journal is gone.
  sync(file.get(), path);
  if (::ftruncate(file.get(), static_cast<off_t>(part.end)) != 0) throw_io_error(path, "cannot be cut off", errno);
  sync(file.get(), path);
}

}  // namespace plotmill
