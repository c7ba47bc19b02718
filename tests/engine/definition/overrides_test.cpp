#include "engine/definition/overrides.hpp"

#include <doctest/doctest.h>

#include "support/fake_stages.hpp"

using namespace plotmill;

namespace {

struct Changed {
  nlohmann::json definition;
  std::string faults;
};

Changed change(const std::vector<Override>& overrides) {
  Changed changed{nlohmann::json::parse(R"({"stages": [{"id": "prices", "type": "fake_read"},
                                                       {"id": "charts", "type": "fake_draw", "params": {"width": 5}},
                                                       {"type": "fake_write"}]})"),
                  {}};
  std::vector<Fault> faults;
  apply_overrides(changed.definition, overrides, fake::fake_stages(), faults);
  for (const Fault& fault : faults) changed.faults += (changed.faults.empty() ? "" : "\n") + fault.message();
  return changed;
}

nlohmann::json param(const std::string& path, const std::string& value, std::size_t stage, const char* name) {
  const Changed changed = change({{path, value}});
  CHECK(changed.faults.empty());
  return changed.definition.at("stages").at(stage).at("params").at(name);
}

}  // namespace

TEST_CASE("overrides: values are JSON where they can be, else text") {
  CHECK(param("charts.width", "64", 1, "width") == 64);
  CHECK(param("charts.antialias", "false", 1, "antialias") == false);
  CHECK(param("charts.normalize", R"({"range": [0, 1]})", 1, "normalize").at("range").size() == 2);
  CHECK(param("charts.normalize", "none", 1, "normalize") == "none");
  CHECK(param("charts.dpi", "null", 1, "dpi").is_null());
  CHECK(param("prices.column", "3", 0, "column") == 3);
  CHECK(param("prices.column", "close", 0, "column") == "close");
}

TEST_CASE("overrides: for an option that is text every value is text") {
  CHECK(param("prices.path", "2024", 0, "path") == "2024");
  CHECK(param("prices.path", "true", 0, "path") == "true");
  CHECK(param("prices.path", "", 0, "path") == "");
  CHECK(param("prices.path", "{1}=x.csv", 0, "path") == "{1}=x.csv");
  CHECK(param("prices.path", "\"a b\"", 0, "path") == "a b");
  CHECK(param("fake_write.path", "1e5", 2, "path") == "1e5");
}

TEST_CASE("overrides: the last one of several counts") {
  const Changed changed = change({{"run.threads", "2"}, {"run.device", "cpu"}, {"run.threads", "4"}});
  CHECK(changed.faults.empty());
  CHECK(changed.definition.at("run").at("threads") == 4);
  CHECK(changed.definition.at("run").at("device") == "cpu");
}

TEST_CASE("overrides: a path that names nothing is told with the nearest name") {
  CHECK(change({{"chart.width", "1"}}).faults ==
        "--set chart.width: there is no stage \"chart\"; did you mean charts?");
  CHECK(change({{"charts.widht", "1"}}).faults ==
        "--set charts.widht: charts (fake_draw) has no option \"widht\"; did you mean width?");
  CHECK(change({{"run.treads", "1"}}).faults == "--set run.treads: run has no \"treads\"; did you mean threads?");
}

TEST_CASE("overrides: a path without a dot is a fault") {
  const std::string text = ": a stage's id, a dot and the name of an option are accepted";
  CHECK(change({{"width", "1"}, {".width", "1"}, {"charts.", "1"}}).faults ==
        "--set width" + text + "\n--set .width" + text + "\n--set charts." + text);
}

TEST_CASE("overrides: text that is not UTF-8 is a fault") {
  CHECK(change({{"prices.path", "\xff"}}).faults == "--set \"prices.path\": this is not UTF-8");
}
