// One run from its first batch to its report: starts the graph, watches it, and ends it.
#pragma once

#include <atomic>

#include "engine/definition/definition.hpp"
#include "engine/device/source.hpp"
#include "plotmill/pipeline.hpp"

namespace plotmill {

/// As Pipeline::run(). `cancelled` is looked at ten times a second. Devices come from `source`.
RunReport run_definition(const Definition& definition, const RunOptions& options, const std::atomic<bool>& cancelled,
                         const DeviceSource& source = cuda_devices());

}  // namespace plotmill
