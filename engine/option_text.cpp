// What an option accepts, in words: for messages and for help.
#include "engine/option_text.hpp"

#include "engine/json_text.hpp"
#include "engine/nearest_name.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

struct AcceptedText {
  const Option& option;

  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const std::int64_t*) const { return "an integer"; }
  std::string operator()(const double*) const { return "a number"; }
  std::string operator()(const std::string*) const {
    return option.words.empty() ? "text" : list_names(option.words, "or");
  }
  std::string operator()(const std::optional<double>*) const { return "a number or null"; }
  std::string operator()(const std::optional<NameOrIndex>*) const { return "a name, an integer from 0 or null"; }
  std::string operator()(const WordOrRange*) const {
    std::vector<std::string> forms = option.words;
    forms.emplace_back("{\"range\": [lo, hi]}");
    return list_names(forms, "or");
  }
};

struct CurrentValue {
  template <class T>
  json operator()(const T* value) const {
    return *value;
  }
  json operator()(const std::optional<double>* value) const { return *value ? json(**value) : json(); }
  json operator()(const std::optional<NameOrIndex>* value) const {
    if (!*value) return {};
    return std::visit([](const auto& given) { return json(given); }, **value);
  }
  json operator()(const WordOrRange* value) const {
    if (!value->word.empty()) return value->word;
    return json{{"range", json::array({value->lo, value->hi})}};
  }
};

}  // namespace

bool has_min(const Option& option) { return option.min > -std::numeric_limits<double>::max(); }
bool has_max(const Option& option) { return option.max < std::numeric_limits<double>::max(); }

std::string range_text(const Option& option) {
  if (has_min(option) && has_max(option)) return number_text(option.min) + ".." + number_text(option.max);
  if (has_min(option)) return "at least " + number_text(option.min);
  if (has_max(option)) return "at most " + number_text(option.max);
  return {};
}

std::string accepted_text(const Option& option) { return std::visit(AcceptedText{option}, option.target); }

json current_value(const Option& option) { return std::visit(CurrentValue{}, option.target); }

}  // namespace plotmill
