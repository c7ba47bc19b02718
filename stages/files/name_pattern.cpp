// See name_pattern.hpp.
#include "stages/files/name_pattern.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "plotmill/error.hpp"

namespace plotmill {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// "{index}" gives 1, "{index:06}" gives 6, anything else nothing.
std::optional<std::size_t> read_field(std::string_view field) {
  if (field == "{index}") return 1;
  if (!field.starts_with("{index:0") || !field.ends_with('}')) return std::nullopt;
  field = field.substr(8, field.size() - 9);
  if (field.empty() || field.size() > 2 || !std::ranges::all_of(field, is_digit)) return std::nullopt;
  std::size_t digits = 0;
  for (const char c : field) digits = 10 * digits + static_cast<std::size_t>(c - '0');
  if (digits < 1 || digits > 19) return std::nullopt;
  return digits;
}

}  // namespace

FileNamePattern::FileNamePattern(std::string prefix, std::size_t min_digits, std::string suffix)
    : prefix_(std::move(prefix)), min_digits_(min_digits), suffix_(std::move(suffix)) {}

FileNamePattern FileNamePattern::parse(std::string_view text) {
  const auto fault = [&](std::string_view what) {
    return Error(ErrorKind::definition, fmt::format("\"{}\" {}", text, what));
  };
  if (text.find('/') != std::string_view::npos || text.find('\\') != std::string_view::npos ||
      text.find('\0') != std::string_view::npos) {
    throw fault("holds a path separator; it is the name of a file in the directory");
  }
  if (text.find("..") != std::string_view::npos) throw fault("holds \"..\"; it is the name of a file in the directory");
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) throw fault("lacks {index}, so that all images would have one name");
  const std::size_t end = std::min(text.find('}', open), text.size() - 1) + 1;
  const auto digits = read_field(text.substr(open, end - open));
  const std::string_view prefix = text.substr(0, open);
  const std::string_view suffix = text.substr(end);
  if (!digits || prefix.find('}') != std::string_view::npos || suffix.find_first_of("{}") != std::string_view::npos) {
    throw fault(
        "is not understood; {index} or, with leading zeros, {index:06} may stand in it once, and no other brace");
  }
  return {std::string(prefix), *digits, std::string(suffix)};
}

FileNamePattern FileNamePattern::of_split_file(const std::string& path) {
  const std::filesystem::path file(path);
  return {file.stem().string() + "_", 4, file.extension().string()};
}

std::string FileNamePattern::name(std::uint64_t index) const {
  return fmt::format("{}{:0{}}{}", prefix_, index, min_digits_, suffix_);
}

bool FileNamePattern::matches(std::string_view file_name) const noexcept {
  if (!file_name.starts_with(prefix_)) return false;
  file_name.remove_prefix(prefix_.size());
  if (!file_name.ends_with(suffix_)) return false;
  file_name.remove_suffix(suffix_.size());
  if (file_name.size() < min_digits_ || !std::ranges::all_of(file_name, is_digit)) return false;
  return file_name.size() == min_digits_ || file_name.front() != '0';
}

std::optional<std::uint64_t> FileNamePattern::index_of(std::string_view file_name) const noexcept {
  if (!matches(file_name)) return {};
  file_name.remove_prefix(prefix_.size());
  file_name.remove_suffix(suffix_.size());
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + file_name.size(), index);
  return error == std::errc{} ? std::optional(index) : std::nullopt;
}

std::optional<std::string> FileNamePattern::find_in(const std::string& folder) const {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::path(folder) / name(0), error)) return name(0);
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (std::string found = entry->path().filename().string(); matches(found)) return found;
  }
  return std::nullopt;
}

}  // namespace plotmill
