// Makes a stage of any kind, and says what each kind takes and gives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "plotmill/stage.hpp"

namespace plotmill {

/// A new stage, to ask for its options.
[[nodiscard]] inline std::unique_ptr<Stage> make_stage(const StageInfo& info) {
  return std::visit([](const auto& make) -> std::unique_ptr<Stage> { return make(); }, info.make);
}

/// The order of the alternatives in StageInfo::make.
enum class StageKind { reader, drawer, writer };

[[nodiscard]] inline StageKind kind_of(const StageInfo& info) { return static_cast<StageKind>(info.make.index()); }

/// What the stage takes: "" for a reader.
[[nodiscard]] inline std::string_view taken_by(StageKind kind) {
  return kind == StageKind::reader ? "" : kind == StageKind::drawer ? "series" : "ink";
}

/// What the stage gives: "" for a writer.
[[nodiscard]] inline std::string_view given_by(StageKind kind) {
  return kind == StageKind::reader ? "series" : kind == StageKind::drawer ? "ink" : "";
}

/// How a stage is named in messages: "charts (draw_lines)", or "draw_lines" where that is its id too.
[[nodiscard]] inline std::string stage_place(std::string_view id, std::string_view type) {
  std::string place(id);
  if (id != type && !type.empty()) place.append(" (").append(type).append(")");
  return place;
}

}  // namespace plotmill
