#include "engine/definition/wiring.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/fake_stages.hpp"
#include "support/recorded_definitions.hpp"

using namespace plotmill;

namespace {

const Registry registry = fake::fake_stages();

// Stages as "id type from", from left out where the definition has none.
struct Given {
  std::string id;
  std::string type;
  std::optional<std::string> from = {};
};

struct Wired {
  std::vector<StageNode> nodes;
  std::string faults;
};

// The same as a definition that has no other fault than those of its wiring.
void record(const std::vector<Given>& given, const std::string& faults) {
  nlohmann::json stages = nlohmann::json::array();
  for (const Given& stage : given) {
    stages.push_back({{"id", stage.id}, {"type", "fake_" + stage.type}});
    if (stage.type == "read") stages.back()["params"] = {{"path", "a.csv"}};
    if (stage.from) stages.back()["from"] = *stage.from;
  }
  record_definition(nlohmann::json{{"plotmill", 1}, {"stages", stages}}.dump(), faults, registry);
}

Wired wire(const std::vector<Given>& given) {
  std::vector<StageDraft> drafts;
  for (const Given& stage : given) {
    StageDraft draft;
    draft.node.id = stage.id;
    draft.node.type = "fake_" + stage.type;
    draft.node.info = registry.find(draft.node.type);
    draft.place = stage.id + " (" + draft.node.type + ")";
    draft.from = stage.from;
    drafts.push_back(std::move(draft));
  }
  std::vector<Fault> faults;
  Wired wired;
  wired.nodes = wire_stages(std::move(drafts), faults);
  for (const Fault& fault : faults) wired.faults += (wired.faults.empty() ? "" : "\n") + fault.message();
  const bool all_known =
      std::ranges::all_of(given, [](const Given& stage) { return registry.find("fake_" + stage.type) != nullptr; });
  if (all_known) record(given, wired.faults);
  return wired;
}

}  // namespace

TEST_CASE("wiring: one stage may feed several") {
  const Wired wired =
      wire({{"r", "read"}, {"d", "draw"}, {"w", "write"}, {"v", "write", "d"}, {"e", "draw", "r"}, {"u", "write"}});
  CHECK(wired.faults.empty());
  REQUIRE(wired.nodes.size() == 6);
  CHECK(wired.nodes[2].from == 1);
  CHECK(wired.nodes[3].from == 1);
  CHECK(wired.nodes[4].from == 0);
  CHECK(wired.nodes[5].from == 4);
}

TEST_CASE("wiring: stages are put behind what feeds them") {
  const Wired wired =
      wire({{"w", "write", "d"}, {"v", "write", "e"}, {"e", "draw", "r"}, {"d", "draw", "r"}, {"r", "read"}});
  CHECK(wired.faults.empty());
  std::string order;
  for (const StageNode& node : wired.nodes) order += node.id;
  CHECK(order == "rdwev");
  CHECK(wired.nodes[0].from == no_stage);
  CHECK(wired.nodes[1].from == 0);
  CHECK(wired.nodes[2].from == 1);
  CHECK(wired.nodes[3].from == 0);
  CHECK(wired.nodes[4].from == 3);
}

TEST_CASE("wiring: an unknown feeder names the nearest stage") {
  CHECK(wire({{"prices", "read"}, {"charts", "draw", "price"}, {"store", "write"}}).faults ==
        "charts (fake_draw): from: there is no stage \"price\"; did you mean prices?");
}

TEST_CASE("wiring: a stage cannot feed itself") {
  CHECK(wire({{"r", "read"}, {"d", "draw", "d"}, {"w", "write"}}).faults ==
        "d (fake_draw): the stage is fed by itself; name another one in \"from\"");
}

TEST_CASE("wiring: a circle is told with its stages") {
  CHECK(wire({{"r", "read"}, {"a", "draw", "c"}, {"b", "draw"}, {"c", "draw"}, {"w", "write"}}).faults ==
        "stages: a, b and c feed each other in a circle\n"
        "stages: nothing takes what r (fake_read) gives; add a draw stage");
}

TEST_CASE("wiring: the first stage reads, or says what feeds it") {
  CHECK(wire({{"d", "draw"}, {"r", "read"}, {"w", "write", "d"}}).faults ==
        "d (fake_draw): takes series, but is the first stage and has no \"from\"\n"
        "stages: nothing takes what r (fake_read) gives; add a draw stage");
}

TEST_CASE("wiring: exactly one stage reads") {
  CHECK(wire({{"d", "draw"}, {"w", "write"}}).faults ==
        "d (fake_draw): takes series, but is the first stage and has no \"from\"\n"
        "stages: no stage reads; add one such as make_sequences");
  CHECK(wire({{"r", "read"}, {"d", "draw"}, {"w", "write"}, {"s", "read"}, {"e", "draw"}, {"v", "write"}}).faults ==
        "s (fake_read): a definition has one stage that reads, and r (fake_read) is one already");
  CHECK(wire({{"d", "draw", "r"}, {"w", "write"}, {"r", "read", "w"}}).faults ==
        "r (fake_read): a stage that reads takes nothing; leave \"from\" out");
}

TEST_CASE("wiring: what nothing takes is a fault") {
  CHECK(wire({{"r", "read"}, {"d", "draw"}}).faults ==
        "stages: no stage writes; add one such as write_hdf5\n"
        "stages: nothing takes what d (fake_draw) gives; add a write stage");
  CHECK(wire({{"r", "read"}, {"c", "draw"}, {"d", "draw", "r"}, {"w", "write"}}).faults ==
        "stages: nothing takes what c (fake_draw) gives; add a write stage");
}

TEST_CASE("wiring: kinds must fit") {
  CHECK(wire({{"r", "read"}, {"d", "draw"}, {"w", "write"}, {"v", "write", "r"}}).faults ==
        "v (fake_write): takes ink, but r (fake_read) gives series");
  CHECK(wire({{"r", "read"}, {"d", "draw"}, {"w", "write"}, {"v", "write"}}).faults ==
        "v (fake_write): takes ink, but w (fake_write) gives nothing; name the stage that feeds it in \"from\"");
}

TEST_CASE("wiring: a stage of unknown type hides what it could be") {
  CHECK(wire({{"r", "reed"}, {"d", "draw"}, {"w", "rite"}}).faults.empty());
}
