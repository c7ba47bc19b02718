// Parses {'descr': '<f4', 'fortran_order': False, 'shape': (3, 100), }, a literal of Python.
#include "stages/read/npy_header.hpp"

#include <charconv>
#include <system_error>

namespace plotmill {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool header(NpyHeader& header) {
    if (!take('{')) return false;
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':')) return false;
      if (key == "descr" && !has_descr) {
        has_descr = descr(header.descr);
        if (!has_descr) return false;
      } else if (key == "fortran_order" && !has_order) {
        has_order = boolean(header.fortran_order);
        if (!has_order) return false;
      } else if (key == "shape" && !has_shape) {
        has_shape = shape(header.shape);
        if (!has_shape) return false;
      } else {
        return false;
      }
      if (!take(',') && !next_is('}')) return false;
    }
    skip_space();
    return rest_.empty() && has_descr && has_order && has_shape;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  bool next_is(char c) {
    skip_space();
    return rest_.starts_with(c);
  }

  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool string(std::string& value) {
    const char quote = next_is('"') ? '"' : '\'';
    if (!take(quote)) return false;
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return false;
    value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool boolean(bool& value) {
    skip_space();
    value = rest_.starts_with("True");
    if (!value && !rest_.starts_with("False")) return false;
    rest_.remove_prefix(value ? 4 : 5);
    return true;
  }

  // A text, or the list of a structured type, which is only skipped: nested lists and tuples of texts and numbers.
  bool descr(std::string& value) {
    if (!next_is('[')) return string(value);
    std::size_t depth = 0;
    do {
      skip_space();
      if (rest_.empty()) return false;
      const char c = rest_.front();
      if (c == '\'' || c == '"') {
        std::string skipped;
        if (!string(skipped)) return false;
        continue;
      }
      rest_.remove_prefix(1);
      if (c == '[' || c == '(') ++depth;
      if (c == ']' || c == ')') --depth;
    } while (depth > 0);
    return true;
  }

  bool shape(std::vector<std::uint64_t>& value) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      std::uint64_t n = 0;
      const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), n);
      if (code != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      value.push_back(n);
      (void)take('L');  // Python 2 wrote long integers so.
      if (!take(',') && !next_is(')')) return false;
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool parse_npy_header(std::string_view text, NpyHeader& header) { return Parser(text).header(header); }

}  // namespace plotmill
