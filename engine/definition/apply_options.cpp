// Sets a stage's options from JSON.
#include "engine/definition/apply_options.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/definition/option_text.hpp"
#include "engine/text/json_text.hpp"
#include "engine/text/nearest_name.hpp"
#include "engine/text/sizes.hpp"

namespace plotmill {
namespace {

using nlohmann::json;

constexpr double two_to_63 = 9223372036854775808.0;

// Sets one option from one value. Each call returns what is wrong, or nothing.
struct Apply {
  const Option& option;
  const json& value;

  std::string operator()(bool* target) const {
    if (!value.is_boolean()) return wrong_kind();
    *target = value.get<bool>();
    return {};
  }

  std::string operator()(std::int64_t* target) const {
    std::int64_t number = 0;
    if (std::string fault = take_integer(number); !fault.empty()) return fault;
    if (!in_range(number)) return outside();
    *target = number;
    return {};
  }

  std::string operator()(double* target) const {
    if (!value.is_number()) return wrong_kind();
    const double number = value.get<double>();
    if (!(number >= option.min && number <= option.max)) return outside();
    *target = number;
    return {};
  }

  std::string operator()(std::string* target) const {
    if (!value.is_string()) return wrong_kind();
    if (std::string fault = check_text(); !fault.empty()) return fault;
    *target = value.get<std::string>();
    return {};
  }

  std::string operator()(std::optional<double>* target) const {
    if (value.is_null()) {
      target->reset();
      return {};
    }
    double number = 0;
    if (std::string fault = (*this)(&number); !fault.empty()) return fault;
    *target = number;
    return {};
  }

  std::string operator()(std::optional<NameOrIndex>* target) const {
    if (value.is_null()) {
      target->reset();
    } else if (value.is_string()) {
      if (std::string fault = check_text(); !fault.empty()) return fault;
      target->emplace(value.get<std::string>());
    } else {
      std::int64_t number = 0;
      if (std::string fault = take_integer(number); !fault.empty()) return fault;
      if (number < 0) return shown(value) + " is less than 0; " + accepted_text(option) + " is accepted";
      if (!in_range(number)) return outside();
      target->emplace(number);
    }
    return {};
  }

  std::string operator()(WordOrRange* target) const {
    if (value.is_string()) {
      if (std::string fault = check_text(); !fault.empty()) return fault;
      *target = {value.get<std::string>(), 0, 0};
      return {};
    }
    if (!value.is_object() || value.size() != 1 || !value.contains("range")) return wrong_kind();
    const json& range = value.at("range");
    if (!range.is_array() || range.size() != 2 || !range[0].is_number() || !range[1].is_number()) return wrong_kind();
    const double lo = range[0].get<double>();
    const double hi = range[1].get<double>();
    // The difference, too: a range that overflows cannot be mapped to anything.
    if (!(lo < hi) || !std::isfinite(hi - lo)) {
      return shown(value) + " is not a range; two numbers, the first less than the second, are accepted";
    }
    *target = {{}, lo, hi};
    return {};
  }

  std::string operator()(BoolOrWord* target) const {
    if (value.is_boolean()) {
      *target = {value.get<bool>()};
      return {};
    }
    if (!value.is_string()) return wrong_kind();
    if (std::string fault = check_text(); !fault.empty()) return fault;
    *target = {true, value.get<std::string>()};
    return {};
  }

  std::string operator()(ByteSize* target) const {
    std::optional<std::uint64_t> bytes;
    if (value.is_string()) {
      bytes = parse_size(value.get_ref<const std::string&>());
    } else if (!value.is_number()) {
      return wrong_kind();
    } else if (value.is_number_unsigned()) {
      bytes = value.get<std::uint64_t>();
    } else if (const double given = value.get<double>(); given >= 0 && given < 2 * two_to_63) {
      bytes = static_cast<std::uint64_t>(given);
    }
    if (!bytes) return shown(value) + " is not a size; 1GiB, 512MiB or a number of bytes is";
    if (const auto size = static_cast<double>(*bytes); size < option.min || size > option.max) return outside();
    target->bytes = *bytes;
    return {};
  }

 private:
  std::string wrong_kind() const {
    return shown(value) + " is " + std::string(kind_text(value)) + "; " + accepted_text(option) + " is accepted";
  }

  // Bounds are doubles: what lies beyond 64 bits bounds nothing.
  bool in_range(std::int64_t number) const {
    const bool above = option.min < -two_to_63 ||
                       (option.min < two_to_63 && number >= static_cast<std::int64_t>(std::ceil(option.min)));
    const bool below = option.max >= two_to_63 ||
                       (option.max >= -two_to_63 && number <= static_cast<std::int64_t>(std::floor(option.max)));
    return above && below;
  }

  std::string take_integer(std::int64_t& number) const {
    if (!value.is_number()) return wrong_kind();
    if (value.is_number_unsigned()) {
      if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return beyond_64_bits();
      }
    } else if (value.is_number_float()) {
      const double given = value.get<double>();
      if (!std::isfinite(given) || std::nearbyint(given) != given) return wrong_kind();
      if (given < -two_to_63 || given >= two_to_63) return beyond_64_bits();
    }
    number = value.get<std::int64_t>();
    return {};
  }

  std::string outside() const {
    if (has_min(option) && has_max(option)) return shown(value) + " is outside " + range_text(option);
    return shown(value) + " is out of range; " + range_text(option) + " is accepted";
  }

  std::string beyond_64_bits() const {
    if (has_min(option) && has_max(option)) return outside();
    return shown(value) + " does not fit 64 bits";
  }

  std::string check_text() const {
    const auto& text = value.get_ref<const std::string&>();
    // A path with it would be cut short by the system.
    if (text.find('\0') != std::string::npos) return shown(value) + " holds a null character";
    const std::vector<std::string>& words = option.words;
    const bool any = words.empty() && !std::holds_alternative<WordOrRange*>(option.target) &&
                     !std::holds_alternative<BoolOrWord*>(option.target);
    if (any || std::find(words.begin(), words.end(), text) != words.end()) return {};
    const std::string nearest = nearest_name(text, words);
    return shown(value) + " is unknown; " + accepted_text(option) + " is accepted" +
           (nearest.empty() ? "" : "; did you mean " + nearest + "?");
  }
};

}  // namespace

std::vector<std::string> option_names(const Options& options) {
  std::vector<std::string> names;
  for (const Option& option : options.all()) names.push_back(option.name);
  return names;
}

std::vector<Fault> apply_options(const Options& options, const json& params, std::string_view place) {
  std::vector<Fault> faults;
  const std::string prefix = std::string(place) + "/";
  for (const auto& item : params.items()) {
    const std::vector<std::string> names = option_names(options);
    if (std::find(names.begin(), names.end(), item.key()) != names.end()) continue;
    faults.push_back({std::string(place), "unknown key " + shown_text(item.key()) + suggest_name(item.key(), names)});
  }
  for (const Option& option : options.all()) {
    const auto given = params.find(option.name);
    // Where null means "not given", it gives a required option no value either.
    if (given != params.end() && !(option.required && given->is_null())) {
      std::string fault = std::visit(Apply{option, *given}, option.target);
      if (!fault.empty()) faults.push_back({prefix + option.name, std::move(fault)});
    } else if (option.required) {
      faults.push_back({prefix + option.name, "a value is required"});
    }
  }
  return faults;
}

}  // namespace plotmill
