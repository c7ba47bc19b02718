// Splits a CSV file into rows and fields: memchr for the ends of lines and fields, and nothing allocated for a row.
#include "stages/read/csv_rows.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20U;
constexpr std::size_t most_row_bytes = std::size_t{16} << 20U;
constexpr std::size_t most_fields = std::size_t{1} << 20U;

const char* find(const char* begin, const char* end, char c) {
  return static_cast<const char*>(std::memchr(begin, c, static_cast<std::size_t>(end - begin)));
}

}  // namespace

void CsvRows::open(const std::string& path, char delimiter, std::shared_ptr<Pulse> pulse) {
  file_.open(path, std::move(pulse));
  FileUse::require_unwritten(path);
  delimiter_ = delimiter;
  data_.resize(block_bytes);
  fetch();
  const std::string_view start(data_.data(), std::min<std::size_t>(end_, 3));
  if (start == "\xEF\xBB\xBF") begin_ = 3;
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    throw Error(ErrorKind::input, path, "is text in UTF-16; UTF-8 is accepted: convert it, as with iconv -t UTF-8");
  }
}

// Moves what is left to the front and fills the buffer, which grows only where a single row fills it.
void CsvRows::fetch() {
  std::memmove(data_.data(), data_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == data_.size()) data_.resize(2 * data_.size());
  const std::size_t wanted = data_.size() - end_;
  const std::size_t n = file_.read({data_.data() + end_, wanted});
  end_ += n;
  n_fetched_ += n;
  at_end_ = n < wanted;
}

std::optional<double> CsvRows::share_read() const {
  const std::optional<std::uint64_t> size = file_.size_if_regular();
  if (!size || *size == 0) return {};
  return std::min(1.0, static_cast<double>(n_fetched_ - (end_ - begin_)) / static_cast<double>(*size));
}

bool CsvRows::has(std::size_t n_bytes) {
  while (end_ - begin_ < n_bytes && !at_end_) fetch();
  return end_ - begin_ >= n_bytes;
}

bool CsvRows::skip_blank_line() {
  if (!has(1)) return false;
  std::size_t n_bytes = 0;
  if (data_[begin_] == '\n') n_bytes = 1;
  if (data_[begin_] == '\r') {
    if (!has(2)) n_bytes = 1;
    if (has(2) && data_[begin_ + 1] == '\n') n_bytes = 2;
  }
  begin_ += n_bytes;
  return n_bytes > 0;
}

bool CsvRows::next() {
  line_ = next_line_;
  if (n_blank_ == 0) {
    while (skip_blank_line()) ++n_blank_;
    if (!has(1)) return false;
  }
  if (n_blank_ > 0) {
    --n_blank_;
    ++next_line_;
    fields_.assign(1, {0, 0, false});
    return true;
  }
  while (!split()) {
    if (end_ - begin_ >= most_row_bytes) {
      throw Error(ErrorKind::input, place(), "the row is longer than 16 MiB; is a quote (\") not closed?");
    }
    fetch();
  }
  return true;
}

// Splits the row at begin_. False where its end is not in the buffer yet.
bool CsvRows::split() {
  fields_.clear();
  const char* const data = data_.data();
  const char* const end = data + end_;
  const char* p = data + begin_;
  std::uint64_t n_lines = 1;
  const auto add = [&](const char* first, const char* last, bool escaped) {
    if (fields_.size() == most_fields) {
      throw Error(ErrorKind::input, place(),
                  "the row has more than " + std::to_string(most_fields) +
                      " fields, as many as are accepted; is `delimiter` the right one?");
    }
    fields_.push_back({static_cast<std::size_t>(first - data), static_cast<std::size_t>(last - first), escaped});
  };

  const char* line_end = find(p, end, '\n');
  if (line_end == nullptr) {
    if (!at_end_) return false;
    line_end = end;
  }
  for (;;) {
    if (p == line_end || *p != '"') {
      const char* last = find(p, line_end, delimiter_);
      if (last != nullptr) {
        add(p, last, false);
        p = last + 1;
        continue;
      }
      last = line_end;
      if (last > p && last[-1] == '\r') --last;
      add(p, last, false);
      break;
    }
    const char* const first = p + 1;
    bool escaped = false;
    const char* quote = first;
    for (;; quote += 2) {
      quote = find(quote, end, '"');
      if (quote == nullptr) {
        if (!at_end_) return false;
        throw Error(ErrorKind::input, place(), "a quote (\") is opened in this row and never closed");
      }
      // A last byte that may be half of a pair does no harm: the row's end is not in the buffer either.
      if (quote + 1 == end || quote[1] != '"') break;
      escaped = true;
    }
    // Lines that ended within the quotes did not end the row.
    while (line_end < quote) {
      ++n_lines;
      line_end = find(line_end + 1, end, '\n');
      if (line_end == nullptr) {
        if (!at_end_) return false;
        line_end = end;
      }
    }
    add(first, quote, escaped);
    p = quote + 1;
    if (p == line_end || (*p == '\r' && p + 1 == line_end)) break;
    if (*p != delimiter_) {
      throw Error(ErrorKind::input, place(),
                  "field " + std::to_string(fields_.size()) +
                      " goes on after its closing quote (\"); a quote within a quoted field is written twice");
    }
    ++p;
  }
  begin_ = std::min(end_, static_cast<std::size_t>(line_end - data) + 1);
  next_line_ += n_lines;
  return true;
}

void CsvRows::unescape(std::size_t i) {
  Field& field = fields_[i];
  char* to = data_.data() + field.begin;
  const char* from = to;
  const char* const end = to + field.size;
  while (from < end) {
    if (*from == '"') ++from;
    *to++ = *from++;
  }
  field.size = static_cast<std::size_t>(to - (data_.data() + field.begin));
  field.escaped = false;
}

}  // namespace plotmill
