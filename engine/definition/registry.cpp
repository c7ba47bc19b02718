// The list of stage types.
#include "plotmill/registry.hpp"

#include <algorithm>

namespace plotmill {
namespace {

bool is_snake_case(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

void Registry::add(StageInfo info) {
  if (!is_snake_case(info.type)) {
    throw Error(ErrorKind::definition,
                "\"" + info.type + "\" is not a stage type; lower-case letters, digits and _ are");
  }
  if (find(info.type) != nullptr) {
    throw Error(ErrorKind::definition, "a stage type " + info.type + " is registered already");
  }
  infos_.push_back(std::move(info));
}

const StageInfo* Registry::find(std::string_view type) const noexcept {
  const auto found =
      std::find_if(infos_.begin(), infos_.end(), [&](const StageInfo& info) { return info.type == type; });
  return found == infos_.end() ? nullptr : &*found;
}

}  // namespace plotmill
