// What an option accepts, in words: for messages and for help.
#include "engine/definition/option_text.hpp"

#include <algorithm>
#include <cmath>

#include "engine/text/json_text.hpp"
#include "engine/text/nearest_name.hpp"

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
  std::string operator()(const BoolOrWord*) const {
    std::vector<std::string> forms{"true", "false"};
    forms.insert(forms.end(), option.words.begin(), option.words.end());
    return list_names(forms, "or");
  }
  std::string operator()(const ByteSize*) const { return "a size such as 1GiB or a number of bytes"; }
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
  json operator()(const BoolOrWord* value) const {
    return value->word.empty() ? json(value->is_on) : json(value->word);
  }
  json operator()(const ByteSize* value) const { return value->bytes; }
};

// The default says itself what it is; an example shows another value where one is known to be accepted.
struct ExampleValue {
  const Option& option;

  json operator()(const bool* value) const { return !*value; }
  json operator()(const std::int64_t* value) const { return static_cast<std::int64_t>(within_range(double(*value))); }
  json operator()(const double* value) const { return within_range(*value); }
  json operator()(const std::optional<double>* value) const { return within_range(value->value_or(0)); }
  json operator()(const std::string* value) const {
    const auto other = std::ranges::find_if(option.words, [&](const std::string& word) { return word != *value; });
    if (other != option.words.end()) return *other;
    return value->empty() ? json("...") : json(*value);
  }
  json operator()(const std::optional<NameOrIndex>*) const { return 0; }
  json operator()(const WordOrRange*) const { return json{{"range", json::array({0, 1})}}; }
  json operator()(const BoolOrWord* value) const {
    return option.words.empty() ? json(!value->is_on) : json(option.words.front());
  }
  json operator()(const ByteSize*) const { return "1GiB"; }

 private:
  double within_range(double value) const { return std::clamp(value, option.min, option.max); }
};

// Bounds are doubles; those of an integer read better without decimals.
json bound_json(const Option& option, double bound) {
  const bool is_integer = std::holds_alternative<std::int64_t*>(option.target) ||
                          std::holds_alternative<std::optional<NameOrIndex>*>(option.target);
  return is_integer && std::fabs(bound) < 1e16 ? json(static_cast<std::int64_t>(bound)) : json(bound);
}

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

json example_value(const Option& option) {
  if (option.example.empty()) return std::visit(ExampleValue{option}, option.target);
  const bool is_text = std::holds_alternative<std::string*>(option.target) || !json::accept(option.example);
  return is_text ? json(option.example) : json::parse(option.example);
}

json min_json(const Option& option) { return has_min(option) ? bound_json(option, option.min) : json(); }
json max_json(const Option& option) { return has_max(option) ? bound_json(option, option.max) : json(); }

}  // namespace plotmill
