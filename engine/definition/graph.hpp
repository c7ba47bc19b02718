// The nodes that a run has, as text and for Graphviz. auto_is_gpu: whether the device
// `auto` means a GPU.
#pragma once

#include <string>

#include "engine/definition/definition.hpp"

namespace plotmill {

/// One line for each node, in order: its name, its type, what feeds it, and which threads run it.
[[nodiscard]] std::string graph_text(const Definition& definition, bool auto_is_gpu);

/// A directed graph in the language DOT; the edges say what travels along them.
[[nodiscard]] std::string graph_dot(const Definition& definition, bool auto_is_gpu);

}  // namespace plotmill
