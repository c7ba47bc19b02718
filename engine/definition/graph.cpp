// The nodes that a run has, as text and for Graphviz.
#include "engine/definition/graph.hpp"

#include <algorithm>
#include <vector>

#include "engine/definition/make_stage.hpp"

namespace plotmill {
namespace {

// One node of the run: a stage, or one of the two that a write stage becomes.
struct Node {
  std::string name;
  std::string type;
  std::string from;   // Empty for the reader.
  std::string takes;  // What travels from there.
  std::string threads;
};

std::vector<Node> nodes_of(const Definition& definition, bool auto_is_gpu) {
  const std::string& device = definition.run.device;
  const bool on_device = device.starts_with("cuda") || (device == "auto" && auto_is_gpu);
  // By stage, the node that gives what comes out of it.
  std::vector<std::string> last(definition.stages.size());
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < definition.stages.size(); ++i) {
    const StageNode& stage = definition.stages[i];
    const StageKind kind = kind_of(*stage.info);
    const std::string from = stage.from == no_stage ? "" : last[stage.from];
    last[i] = stage.id;
    const std::string takes(taken_by(kind));
    switch (kind) {
      case StageKind::reader:
        nodes.push_back({stage.id, stage.type, from, takes, "a thread of its own"});
        break;
      case StageKind::drawer:
        if (on_device && stage.info->on_device) {
          const std::string streams = std::to_string(definition.run.streams);
          nodes.push_back({stage.id + " upload", stage.type, from, takes, "one batch at a time, by pinned memory"});
          nodes.push_back({stage.id, stage.type, stage.id + " upload", takes,
                           streams + (streams == "1" ? " stream" : " streams") + " of each GPU"});
          last[i] = stage.id + " download";
          nodes.push_back({last[i], stage.type, stage.id, "packed ink", "the same streams, by pinned memory"});
          break;
        }
        nodes.push_back({stage.id, stage.type, from, takes,
                         stage.info->concurrency == Concurrency::parallel ? "all threads" : "one thread at a time"});
        break;
      case StageKind::writer:
        nodes.push_back({stage.id + " encode", stage.type, from, takes, "all threads"});
        nodes.push_back(
            {stage.id + " commit", stage.type, stage.id + " encode", "bytes", "a thread of its own, in order"});
        break;
    }
  }
  return nodes;
}

}  // namespace

std::string graph_text(const Definition& definition, bool auto_is_gpu) {
  const std::vector<Node> nodes = nodes_of(definition, auto_is_gpu);
  std::size_t width = 0;
  for (const Node& node : nodes) width = std::max(width, node.name.size());
  std::string text;
  for (const Node& node : nodes) {
    text += node.name + std::string(width - node.name.size() + 2, ' ') + node.type;
    text += (node.from.empty() ? "" : " <- " + node.from) + ", " + node.threads + "\n";
  }
  return text;
}

// Ids and types hold nothing that quotes in DOT would have to escape.
std::string graph_dot(const Definition& definition, bool auto_is_gpu) {
  const std::vector<Node> nodes = nodes_of(definition, auto_is_gpu);
  std::string text = "digraph plotmill {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const Node& node : nodes) {
    text += "  \"" + node.name + "\" [label=\"" + node.name + "\\n" + node.type + "\\n" + node.threads + "\"];\n";
  }
  for (const Node& node : nodes) {
    if (node.from.empty()) continue;
    text += "  \"" + node.from + "\" -> \"" + node.name + "\" [label=\"" + node.takes + "\"];\n";
  }
  return text + "}\n";
}

}  // namespace plotmill
