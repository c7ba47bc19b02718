#include "engine/graph.hpp"

#include <doctest/doctest.h>

#include "support/fake_stages.hpp"

using namespace plotmill;

namespace {

Definition two_writers() {
  static const Registry registry = fake::fake_stages();
  return parse_definition(R"({"plotmill": 1, "stages": [
      {"id": "prices", "type": "fake_read", "params": {"path": "a"}}, {"id": "charts", "type": "fake_draw"},
      {"id": "a", "type": "fake_write"}, {"id": "b", "type": "fake_write", "from": "charts"}]})",
                          "job.json", {}, registry);
}

}  // namespace

TEST_CASE("graph: a line of text for each node says what feeds it") {
  CHECK(graph_text(two_writers()) ==
        "prices    fake_read, a thread of its own\n"
        "charts    fake_draw <- prices, all threads\n"
        "a encode  fake_write <- charts, all threads\n"
        "a commit  fake_write <- a encode, a thread of its own, in order\n"
        "b encode  fake_write <- charts, all threads\n"
        "b commit  fake_write <- b encode, a thread of its own, in order\n");
}

TEST_CASE("graph: DOT has every node, and edges that say what travels") {
  CHECK(graph_dot(two_writers()) ==
        "digraph plotmill {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        "  \"prices\" [label=\"prices\\nfake_read\\na thread of its own\"];\n"
        "  \"charts\" [label=\"charts\\nfake_draw\\nall threads\"];\n"
        "  \"a encode\" [label=\"a encode\\nfake_write\\nall threads\"];\n"
        "  \"a commit\" [label=\"a commit\\nfake_write\\na thread of its own, in order\"];\n"
        "  \"b encode\" [label=\"b encode\\nfake_write\\nall threads\"];\n"
        "  \"b commit\" [label=\"b commit\\nfake_write\\na thread of its own, in order\"];\n"
        "  \"prices\" -> \"charts\" [label=\"series\"];\n"
        "  \"charts\" -> \"a encode\" [label=\"ink\"];\n"
        "  \"a encode\" -> \"a commit\" [label=\"bytes\"];\n"
        "  \"charts\" -> \"b encode\" [label=\"ink\"];\n"
        "  \"b encode\" -> \"b commit\" [label=\"bytes\"];\n"
        "}\n");
}
