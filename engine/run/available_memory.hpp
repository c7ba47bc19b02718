// What `run.memory: "auto"` comes to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace plotmill {

/// What this process may still have of memory: the least of what the machine has free (MemAvailable) and of what the
/// limits of its control groups leave (version 2 or 1), those of the groups around its own included. Empty where
/// nothing can be read. `root` is where /proc and /sys are.
[[nodiscard]] std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

/// Half of it, down to a power of two, so that it is the same from one run to the next: at least 64 MiB. 1 GiB where
/// nothing is known.
[[nodiscard]] std::uint64_t auto_memory(std::optional<std::uint64_t> available);

}  // namespace plotmill
