#include "engine/definition/graph.hpp"

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
  CHECK(graph_text(two_writers(), false) ==
        "prices    fake_read, a thread of its own\n"
        "charts    fake_draw <- prices, all threads\n"
        "a encode  fake_write <- charts, all threads\n"
        "a commit  fake_write <- a encode, a thread of its own, in order\n"
        "b encode  fake_write <- charts, all threads\n"
        "b commit  fake_write <- b encode, a thread of its own, in order\n");
}

TEST_CASE("graph: where a GPU draws, it has upload and download, and stages that can't draw there stay on the CPU") {
  const Registry registry = builtin_stages();
  const auto graph_of = [&](const std::string& run, bool auto_is_gpu) {
    const Definition definition = parse_definition(R"({"plotmill": 1, "run": {)" + run + R"(}, "stages": [
        {"id": "walks", "type": "make_sequences"}, {"id": "charts", "type": "draw_lines"},
        {"id": "store", "type": "write_hdf5", "params": {"path": "a.h5"}}]})",
                                                   "job.json", {}, registry);
    return graph_text(definition, auto_is_gpu);
  };
  const std::string on_gpu =
      "walks            make_sequences, a thread of its own\n"
      "charts upload    draw_lines <- walks, one batch at a time, by pinned memory\n"
      "charts           draw_lines <- charts upload, 2 streams of each GPU\n"
      "charts download  draw_lines <- charts, the same streams, by pinned memory\n"
      "store encode     write_hdf5 <- charts download, all threads\n"
      "store commit     write_hdf5 <- store encode, a thread of its own, in order\n";
  CHECK(graph_of(R"("streams": 2)", true) == on_gpu);
  CHECK(graph_of(R"("streams": 2, "device": "cuda:all")", false) == on_gpu);
  CHECK(graph_of(R"("device": "cpu")", true) == graph_of("", false));
  CHECK(graph_of("", false).find("upload") == std::string::npos);

  Definition others = two_writers();
  others.run.device = "cuda";
  CHECK(graph_text(others, false) == graph_text(two_writers(), false));
}

TEST_CASE("graph: DOT has every node, and edges that say what travels") {
  CHECK(graph_dot(two_writers(), false) ==
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
