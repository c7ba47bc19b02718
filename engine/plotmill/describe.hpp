// Stages and reports as text for people and as JSON for programs. What the command line prints.
#pragma once

#include <string>

#include "plotmill/export.hpp"
#include "plotmill/pipeline.hpp"
#include "plotmill/registry.hpp"

namespace plotmill {

/// One line for each stage type: the type, what it takes and gives ("series -> ink"), its summary; in columns.
/// Ends with a newline.
[[nodiscard]] PLOTMILL_EXPORT std::string describe_stages(const Registry& registry);

/// The summary of a stage type, what it takes and gives, and for every option its name, what it accepts, its unit, its
/// default or "required", its sentence, and a value as it is written in "params"; in lines of at most 100 characters
/// where words allow. Ends with a newline. Makes a stage to ask for its options; what the stage throws is passed on.
[[nodiscard]] PLOTMILL_EXPORT std::string describe_stage(const StageInfo& info);

/// All of the above as a JSON array, one object for each stage type:
/// `{"type", "summary", "takes", "gives", "options": [{"name", "type", "min", "max", "words", "default", "required",
/// "unit", "doc", "example"}]}`. `takes` and `gives` are "series", "ink" or null. An option's `type` is one of boolean,
/// integer, number, text, name_or_index, word_or_range, boolean_or_word, size; `min` and `max` are null where there is
/// no bound; `default` is null where the option is required or may be absent.
[[nodiscard]] PLOTMILL_EXPORT std::string describe_stages_json(const Registry& registry);

/// The JSON Schema (2020-12) of a definition whose stages are of these types, for editors and other programs. It
/// accepts every definition that Pipeline::from_json() accepts. It cannot say what one value must be because of
/// another: that `from` names a stage that gives what this one takes, that ids differ, or what Stage::check() finds
/// between options.
[[nodiscard]] PLOTMILL_EXPORT std::string schema_json(const Registry& registry);

/// The report as a JSON object: images, resumed_at, seconds, images_per_second, bytes_written, device, streams,
/// skipped, blanked, bad_series, an array of {image, group, first_row, reason}, blank, threads, batch,
/// batches_in_flight, and stages, an array of {id, type, busy_seconds, waiting_seconds, items}. `skipped` and `blanked`
/// are bad series.
[[nodiscard]] PLOTMILL_EXPORT std::string to_json(const RunReport& report);

/// Where a run stands, as a JSON object on one line: seconds, images, images_per_second (the mean since the run began),
/// total (images in all, or null), bytes_written, and stages, an array of {id, busy, images, batches_waiting}.
[[nodiscard]] PLOTMILL_EXPORT std::string to_json(const Progress& progress);

}  // namespace plotmill
