// Reads JSON and refuses what a lenient parser lets pass.
#include "engine/definition/strict_json.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/text/json_text.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

// The JSON library copies and prints recursively: a definition must not be able to use up the stack.
constexpr std::size_t max_depth = 32;

// Receives the parser's events and builds the value.
class Builder {
 public:
  Builder(std::string_view text, std::string_view place, std::vector<Fault>& faults)
      : text_(text), place_(place), faults_(faults) {}

  json take() { return std::move(root_); }

  // The names are the parser's.
  bool null() { return put(nullptr) != nullptr; }
  bool boolean(bool value) { return put(value) != nullptr; }
  bool number_integer(std::int64_t value) { return put(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) { return put(value) != nullptr; }
  bool number_float(double value, const std::string&) { return put(value) != nullptr; }
  bool string(std::string& value) { return put(std::move(value)) != nullptr; }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Level& level = levels_.back();
    if (level.container->contains(name)) {
      faults_.push_back({std::string(place_), "the key " + shown_text(name) + " is given twice" + where()});
    }
    level.key = name;
    return true;
  }

  bool parse_error(std::size_t n_read, const std::string& token, const json::exception& error) {
    // Where reading stopped: the last character of what could not be used.
    const std::size_t offset = std::min(n_read - std::min<std::size_t>(n_read, 1), text_.size());
    faults_.push_back({position(offset), "this is not JSON: " + plain(error.what(), token)});
    return false;
  }

 private:
  struct Level {
    json* container;
    std::string key;  // Of an object: where the next value goes.
  };

  json* put(json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    json& slot = (*level.container)[level.key];
    slot = std::move(value);
    return &slot;
  }

  bool open(json empty) {
    if (levels_.size() == max_depth) {
      faults_.push_back({std::string(place_), "lists and objects are nested deeper than 32 levels" + where()});
      return false;
    }
    // A container that is open does not move: its parent grows only after it is closed.
    levels_.push_back({put(std::move(empty)), {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // " in stages/0/params"
  std::string where() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const json& container = *levels_[i].container;
      path += path.empty() ? " in " : "/";
      path += container.is_array() ? std::to_string(container.size() - 1) : levels_[i].key;
    }
    return path;
  }

  std::string position(std::size_t offset) const {
    const std::string_view before = text_.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t newline = before.rfind('\n');
    const std::string_view in_line = newline == std::string_view::npos ? before : before.substr(newline + 1);
    const auto column = std::count_if(in_line.begin(), in_line.end(),
                                      [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }) +
                        1;
    return std::string(place_) + ":" + std::to_string(line) + ":" + std::to_string(column);
  }

  // The parser says "[json.exception...] parse error at line 1, column 2: syntax error while parsing value - WHAT; last
  // read: '...'"; people need WHAT.
  static std::string plain(std::string what, const std::string& token) {
    if (what.find("number overflow") != std::string::npos) return "the number " + shown_text(token) + " is too large";
    if (const auto dash = what.find(" - "); dash != std::string::npos) what.erase(0, dash + 3);
    if (const auto read = what.find("; last read: "); read != std::string::npos) what.erase(read);
    return what;
  }

  std::string_view text_;
  std::string_view place_;
  std::vector<Fault>& faults_;
  json root_;
  std::vector<Level> levels_;
};

}  // namespace

std::optional<json> parse_strict_json(std::string_view text, std::string_view place, std::vector<Fault>& faults) {
  Builder builder(text, place, faults);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) return {};
  return builder.take();
}

}  // namespace plotmill
