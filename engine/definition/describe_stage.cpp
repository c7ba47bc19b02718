// The help text of one stage.
#include <algorithm>

#include "engine/definition/make_stage.hpp"
#include "engine/definition/option_text.hpp"
#include "engine/text/json_text.hpp"
#include "plotmill/describe.hpp"

namespace plotmill {
namespace {

constexpr std::size_t line_length = 100;

// Breaks `words` into lines that begin at column `indent`; the first line is begun already.
std::string wrap(std::string_view words, std::size_t indent) {
  std::string text;
  std::size_t column = indent;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > line_length) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text + "\n";
}

// "an integer, 1..65535 px; default 800"
std::string values_text(const Option& option) {
  std::string text = accepted_text(option);
  const std::string range = range_text(option);
  if (!range.empty()) text += ", " + range;
  if (!option.unit.empty()) text += (range.empty() ? ", " : " ") + option.unit;
  if (option.required) return text + "; required";
  const nlohmann::json value = current_value(option);
  if (value.is_null()) return text + "; not given by default";
  text += "; default ";
  const bool is_word = value.is_string() && !value.get_ref<const std::string&>().empty();
  if (value.is_number_float()) return text + number_text(value.get<double>());
  return text + (is_word ? value.get<std::string>() : value.dump());
}

// "Example: "width": 800", as it is written in "params".
std::string example_text(const Option& option) {
  const nlohmann::json value = example_value(option);
  const std::string text = value.is_number_float() ? number_text(value.get<double>()) : value.dump();
  return "Example: " + nlohmann::json(option.name).dump() + ": " + text + "\n";
}

}  // namespace

std::string describe_stage(const StageInfo& info) {
  const std::unique_ptr<Stage> stage = make_stage(info);
  Options options;
  stage->declare(options);
  const std::string_view takes = taken_by(kind_of(info));
  const std::string_view gives = given_by(kind_of(info));

  std::string text = info.type + "\n  " + wrap(info.summary, 2) + "  Takes ";
  text.append(takes.empty() ? "nothing" : takes).append(", gives ").append(gives.empty() ? "nothing" : gives);
  text += ".\n";
  std::size_t longest = 0;
  for (const Option& option : options.all()) longest = std::max(longest, option.name.size());
  const std::size_t indent = 2 + longest + 2;
  for (const Option& option : options.all()) {
    text += "\n  " + option.name + std::string(longest - option.name.size() + 2, ' ');
    text += wrap(values_text(option), indent);
    if (!option.doc.empty()) text += std::string(indent, ' ') + wrap(option.doc, indent);
    text += std::string(indent, ' ') + example_text(option);
  }
  return text;
}

}  // namespace plotmill
