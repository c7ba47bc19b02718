// The stages that a definition may name.
#pragma once

#include <string_view>
#include <vector>

#include "plotmill/export.hpp"
#include "plotmill/stage.hpp"

namespace plotmill {

/// A list of stage types. Copyable; not thread-safe while it is changed.
class PLOTMILL_EXPORT Registry {
 public:
  /// Adds a type. Throws Error (definition) where the type is there already or is not snake_case.
  void add(StageInfo info);

  /// The type of that name, or null. Valid until the next add().
  [[nodiscard]] const StageInfo* find(std::string_view type) const noexcept;

  [[nodiscard]] const std::vector<StageInfo>& all() const noexcept { return infos_; }

 private:
  std::vector<StageInfo> infos_;
};

/// The stages that come with plotmill.
[[nodiscard]] PLOTMILL_EXPORT Registry builtin_stages();

}  // namespace plotmill
