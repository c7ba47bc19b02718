// Options of a stage: declared once, beside the variable that holds each. From this one declaration come the parser,
// the checks, `plotmill stages TYPE` and `plotmill schema`.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plotmill/export.hpp"

namespace plotmill {

/// A column chosen by its name in the header or by its number from 0. JSON: text or integer.
using NameOrIndex = std::variant<std::string, std::int64_t>;

/// One of a few words, or a range of numbers. JSON: text or {"range": [lo, hi]} with lo < hi, both finite.
struct PLOTMILL_EXPORT WordOrRange {
  std::string word;  ///< Empty where a range was given.
  double lo = 0;
  double hi = 0;
};

/// Yes, no, or yes in one of a few ways. JSON: true, false or text.
struct PLOTMILL_EXPORT BoolOrWord {
  bool is_on = false;  ///< Also where a word was given.
  std::string word = {};
};

/// A number of bytes. JSON: a number, or text such as "1GiB", "1.5 GB" or "512MiB".
struct PLOTMILL_EXPORT ByteSize {
  std::uint64_t bytes = 0;
};

/// One option. `target` points at the variable it sets, which holds the default when the option is declared; the
/// variable must live as long as the stage.
struct PLOTMILL_EXPORT Option {
  using Target = std::variant<bool*, std::int64_t*, double*, std::string*, std::optional<double>*,
                              std::optional<NameOrIndex>*, WordOrRange*, BoolOrWord*, ByteSize*>;

  std::string name;                                  ///< snake_case, the JSON key.
  Target target;                                     ///< An empty optional means "not given".
  double min = -std::numeric_limits<double>::max();  ///< Least number accepted, inclusive.
  double max = std::numeric_limits<double>::max();   ///< Greatest number accepted, inclusive.
  std::vector<std::string> words = {};               ///< If not empty, the only texts accepted.
  bool required = false;                             ///< There is no default; the definition must give a value.
  std::string unit = {};                             ///< "px", "points"; empty for text, words and plain counts.
  std::string doc = {};                              ///< One sentence for the user.
  std::string example = {};  ///< A value to show, as for Override::value; only where the rest does not give one.
  std::string pattern = {};  ///< Of text: a regular expression (ECMAScript) that matches in all that is accepted. For
                             ///< the schema; the message for other texts is that of Stage::check().
};

/// The options of one stage, in the order in which they are shown.
class PLOTMILL_EXPORT Options {
 public:
  void add(Option option) { options_.push_back(std::move(option)); }

  [[nodiscard]] const std::vector<Option>& all() const noexcept { return options_; }

 private:
  std::vector<Option> options_;
};

}  // namespace plotmill
