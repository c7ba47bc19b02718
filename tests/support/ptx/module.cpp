// Line by line: what a line is follows from its first word and from where it stands.
#include "support/ptx/module.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "support/ptx/fault.hpp"

namespace plotmill::test::ptx {
namespace {

constexpr std::string_view spaces = " \t\r";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

/// Takes the first word off `text`, up to a space.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, std::min(text.find_first_of(spaces), text.size()));
  text = trimmed(text.substr(word.size()));
  return word;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

class Parser {
 public:
  Module parse(std::string_view text) {
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      line_text_ = trimmed(std::string_view(line).substr(0, line.find("//")));
      if (!line_text_.empty()) take_line(line_text_);
    }
    line_text_ = "the end";
    if (place_ != Place::module) fail("within a kernel");
    return std::move(module_);
  }

 private:
  enum class Place { module, params, head, body };

  [[noreturn]] void fail(const std::string& what) const {
    throw Fault("line " + std::to_string(line_) + ": " + std::string(line_text_) + ": " + what);
  }

  std::uint64_t number(std::string_view digits) const {
    std::uint64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ptr != digits.data() + digits.size()) {
      fail("'" + std::string(digits) + "' is not a number");
    }
    return value;
  }

  Kernel& kernel() { return module_.kernels.back(); }

  void take_line(std::string_view line) {
    switch (place_) {
      case Place::module:
        return take_module_line(line);
      case Place::params:
        return take_param(line);
      case Place::head:
        return take_head_line(line);
      case Place::body:
        return take_body_line(line);
    }
  }

  void take_module_line(std::string_view line) {
    std::string_view rest = line;
    std::string_view word = take_word(rest);
    if (is_one_of(word, {".version", ".target", ".address_size"})) return;
    if (is_one_of(word, {".visible", ".weak"})) word = take_word(rest);
    if (word == ".shared") {
      module_.shared.push_back(variable(rest));
    } else if (word == ".extern" && take_word(rest) == ".shared") {
      module_.dynamic_shared = variable(rest).name;
    } else if (word == ".entry" && rest.ends_with("(")) {
      module_.kernels.emplace_back().name = trimmed(rest.substr(0, rest.size() - 1));
      place_ = Place::params;
    } else {
      fail("not known here");
    }
  }

  void take_param(std::string_view line) {
    if (line == ")") {
      place_ = Place::head;
    } else if (take_word(line) == ".param") {
      kernel().params.push_back(variable(line));
    } else {
      fail("not known among parameters");
    }
  }

  void take_head_line(std::string_view line) {
    if (line == "{") {
      place_ = Place::body;
      if (kernel().n_threads == 0) fail("the kernel does not declare its threads (.maxntid)");
    } else if (const std::string_view word = take_word(line); is_one_of(word, {".maxntid", ".reqntid"})) {
      kernel().n_threads = static_cast<std::uint32_t>(number(line.substr(0, std::min(line.find(','), line.size()))));
    } else if (word != ".minnctapersm") {
      fail("not known before a kernel's body");
    }
  }

  void take_body_line(std::string_view line) {
    if (line == "}") {
      place_ = Place::module;
    } else if (line.ends_with(":")) {
      kernel().labels[std::string(line.substr(0, line.size() - 1))] =
          static_cast<std::uint32_t>(kernel().statements.size());
    } else if (line.starts_with(".")) {
      const std::string_view word = take_word(line);
      if (word == ".reg") {
        take_registers(line);
      } else if (word == ".shared") {
        kernel().shared.push_back(variable(line));
      } else if (word == ".local") {
        kernel().local.push_back(variable(line));
      } else if (word != ".pragma") {
        fail("not known within a kernel");
      }
    } else {
      take_statement(line);
    }
  }

  /// `.align 4 .b8 name[64];` or `.u32 name,`
  Variable variable(std::string_view text) const {
    static constexpr std::array<std::string_view, 4> by_bits{"8", "16", "32", "64"};
    Variable made{{}, 0, 0};
    std::string_view word = take_word(text);
    if (word == ".align") {
      made.alignment = number(take_word(text));
      word = take_word(text);
    }
    const auto* const bits = std::ranges::find(by_bits, word.substr(std::min<std::size_t>(2, word.size())));
    if (bits == by_bits.end()) fail("'" + std::string(word) + "' is not known as a type");
    made.n_bytes = std::uint64_t{1} << static_cast<unsigned>(bits - by_bits.begin());
    made.alignment = std::max(made.alignment, made.n_bytes);
    text = text.substr(0, text.find_last_not_of(",;") + 1);
    const std::size_t bracket = std::min(text.find('['), text.size());
    made.name = text.substr(0, bracket);
    if (text.ends_with("[]")) {
      made.n_bytes = 0;
    } else if (bracket < text.size()) {
      made.n_bytes *= number(text.substr(bracket + 1, text.size() - bracket - 2));
    }
    return made;
  }

  /// `.b32 %r<150>;` or `.b64 %SP;`
  void take_registers(std::string_view text) {
    const std::string type(take_word(text).substr(1));
    text = text.substr(0, text.size() - 1);
    const std::size_t bracket = std::min(text.find('<'), text.size());
    std::uint64_t n = 1;
    if (bracket < text.size()) n = number(text.substr(bracket + 1, text.size() - bracket - 2));
    kernel().registers[std::string(text.substr(0, bracket))] = {type, static_cast<std::uint32_t>(n)};
  }

  void take_statement(std::string_view line) {
    if (!line.ends_with(";")) fail("is not one whole statement");
    Statement made{line_, std::string(line), {}, false, {}, {}};
    std::string_view rest = line.substr(0, line.size() - 1);
    if (rest.starts_with("@")) {
      made.guard = take_word(rest).substr(1);
      made.guard_negated = made.guard.starts_with("!");
      if (made.guard_negated) made.guard.erase(0, 1);
    }
    made.opcode = take_word(rest);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(",|{}"), rest.size());
      if (const std::string_view operand = trimmed(rest.substr(0, end)); !operand.empty()) {
        made.operands.emplace_back(operand);
      }
      rest = rest.substr(std::min(end + 1, rest.size()));
    }
    kernel().statements.push_back(std::move(made));
  }

  Module module_;
  Place place_ = Place::module;
  int line_ = 0;
  std::string_view line_text_;
};

}  // namespace

Module parse(std::string_view text) { return Parser().parse(text); }

}  // namespace plotmill::test::ptx
