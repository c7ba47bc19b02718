// The preview of a definition.
#pragma once

#include <atomic>

#include "engine/definition/definition.hpp"
#include "plotmill/preview.hpp"

namespace plotmill {

/// As Pipeline::preview(). `cancelled` is looked at between series and between pieces of input.
Preview preview_definition(const Definition& definition, const PreviewOptions& options,
                           const std::atomic<bool>& cancelled);

}  // namespace plotmill
