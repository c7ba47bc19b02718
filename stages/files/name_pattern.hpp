// Names of numbered output files: "{index:06}.png" gives 000000.png, 000001.png, ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plotmill {

class FileNamePattern {
 public:
  /// The regular expression (ECMAScript) of the texts that parse() accepts.
  static constexpr const char* expression = R"(^(?!.*\.\.)[^{}/\\]*\{index(:0(0?[1-9]|1[0-9]))?\}[^{}/\\]*$)";

  /// prefix, the number with at least `min_digits` digits, suffix.
  FileNamePattern(std::string prefix, std::size_t min_digits, std::string suffix);

  /// Reads a pattern with exactly one "{index}" or "{index:0N}", N from 1 to 19, and no other brace, path separator or
  /// "..". Throws Error (definition) with what is wrong.
  [[nodiscard]] static FileNamePattern parse(std::string_view text);

  [[nodiscard]] std::string name(std::uint64_t index) const;

  /// The same for patterns that differ in their leading zeros only, as those give the same names in the end.
  [[nodiscard]] std::string common_text() const { return prefix_ + "{index}" + suffix_; }

  /// Whether name() gives this text for some index.
  [[nodiscard]] bool matches(std::string_view file_name) const noexcept;

  /// The index for which name() gives this text; nothing where there is none.
  [[nodiscard]] std::optional<std::uint64_t> index_of(std::string_view file_name) const noexcept;

  /// A file in the folder that the pattern matches: the one of index 0 if it is there. Nothing where the folder cannot
  /// be read.
  [[nodiscard]] std::optional<std::string> find_in(const std::string& folder) const;

  /// The names of the HDF5 files that one output is split into: charts.h5 becomes charts_0000.h5 and so on.
  [[nodiscard]] static FileNamePattern of_split_file(const std::string& path);

 private:
  std::string prefix_;
  std::size_t min_digits_;
  std::string suffix_;
};

}  // namespace plotmill
