// Makes a reader through its public interface, without a pipeline and without a test framework.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/options.hpp"
#include "plotmill/registry.hpp"
#include "plotmill/stage.hpp"

namespace plotmill::test {

using ParamValue = std::variant<bool, std::int64_t, double, std::string>;
using Params = std::vector<std::pair<std::string, ParamValue>>;

/// These and the file to read.
[[nodiscard]] inline Params with_path(const std::string& path, Params params = {}) {
  params.emplace_back("path", path);
  return params;
}

inline void set_option(const Option& option, const ParamValue& value) {
  const auto number = [&] {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
  };
  std::visit(
      [&](auto* target) {
        using Target = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Target, std::optional<NameOrIndex>>) {
          if (const auto* name = std::get_if<std::string>(&value)) {
            target->emplace(*name);
          } else {
            target->emplace(std::get<std::int64_t>(value));
          }
        } else if constexpr (std::is_same_v<Target, double> || std::is_same_v<Target, std::optional<double>>) {
          *target = number();
        } else if constexpr (std::is_same_v<Target, WordOrRange>) {
          target->word = std::get<std::string>(value);
        } else if constexpr (std::is_same_v<Target, BoolOrWord>) {
          *target = {std::get<bool>(value)};
        } else if constexpr (std::is_same_v<Target, ByteSize>) {
          target->bytes = static_cast<std::uint64_t>(std::get<std::int64_t>(value));
        } else {
          *target = std::get<Target>(value);
        }
      },
      option.target);
}

/// A reader of a built-in type with its options set. Throws Error (definition) with what check() finds.
[[nodiscard]] inline std::unique_ptr<Reader> make_reader(std::string_view type, const Params& params) {
  const Registry stages = builtin_stages();
  const StageInfo* info = stages.find(type);
  if (info == nullptr) throw std::logic_error("no stage " + std::string(type));
  auto reader = std::get<std::function<std::unique_ptr<Reader>()>>(info->make)();
  Options options;
  reader->declare(options);
  for (const auto& [name, value] : params) {
    bool found = false;
    for (const Option& option : options.all()) {
      if (option.name != name) continue;
      set_option(option, value);
      found = true;
    }
    if (!found) throw std::logic_error(std::string(type) + " has no option " + name);
  }
  if (std::vector<Fault> faults = reader->check(); !faults.empty()) throw Error(ErrorKind::definition, faults);
  return reader;
}

}  // namespace plotmill::test
