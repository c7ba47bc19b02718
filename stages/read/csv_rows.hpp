// Splits a CSV file (RFC 4180) into rows and fields while it streams by. Knows nothing of headers and numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/files/input_file.hpp"

namespace plotmill {

/// Rows of a file, one at a time. The memory it takes does not grow with the file, only with its longest row.
///
/// Lines end in LF or CRLF, also in the midst of a quoted field; the last needs no end. A byte order mark is skipped,
/// and so are blank lines at the end of the file. A blank line elsewhere is a row of one empty field. A quote that is
/// not a field's first character is a character like any other.
class CsvRows {
 public:
  /// Throws Error (input, io).
  void open(const std::string& path, char delimiter, std::shared_ptr<Pulse> pulse);

  /// Steps to the next row; false at the end. Throws Error (input) with "PATH:LINE" as its place where a quoted field
  /// is not closed, goes on after its closing quote, or where a row is longer than 16 MiB or has more than 2^20
  /// fields. Throws Error (io).
  bool next();

  [[nodiscard]] std::size_t n_fields() const noexcept { return fields_.size(); }

  /// A field of the row, without its quotes. Valid until next().
  [[nodiscard]] std::string_view field(std::size_t i) {
    const Field& field = fields_[i];
    if (field.escaped) unescape(i);
    return {data_.data() + field.begin, field.size};
  }

  /// "PATH:LINE" of the row's first line, counted from 1.
  [[nodiscard]] std::string place() const { return file_.path() + ":" + std::to_string(line_); }

  /// How much of the file the rows so far are, 0..1; empty where the file has no size.
  [[nodiscard]] std::optional<double> share_read() const;

  [[nodiscard]] std::optional<std::string> identity() { return file_.identity(); }

 private:
  struct Field {
    std::size_t begin;  // into data_
    std::size_t size;
    bool escaped;  // holds "" for "
  };

  bool split();
  bool has(std::size_t n_bytes);
  bool skip_blank_line();
  void fetch();
  void unescape(std::size_t i);

  InputFile file_;
  char delimiter_ = ',';
  std::vector<char> data_;
  std::size_t begin_ = 0;        // of the row to come
  std::size_t end_ = 0;          // of what has been read
  std::uint64_t n_fetched_ = 0;  // bytes
  bool at_end_ = false;          // nothing is left in the file
  std::vector<Field> fields_;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  std::uint64_t n_blank_ = 0;  // blank lines passed that are still to be given as rows
};

}  // namespace plotmill
