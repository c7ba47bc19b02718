// Finds out which stage feeds which, and whether that makes sense.
#include "engine/definition/wiring.hpp"

#include <algorithm>

#include "engine/definition/make_stage.hpp"
#include "engine/text/json_text.hpp"
#include "engine/text/nearest_name.hpp"

namespace plotmill {
namespace {

class Wiring {
 public:
  Wiring(std::vector<StageDraft>& drafts, std::vector<Fault>& faults)
      : drafts_(drafts), faults_(faults), in_cycle_(drafts.size(), false) {}

  void check() {
    for (std::size_t i = 0; i < drafts_.size(); ++i) connect(i);
    find_cycles();
    for (std::size_t i = 0; i < drafts_.size(); ++i) check_kinds(i);
    check_ends();
  }

  std::vector<StageNode> take_in_order() {
    std::vector<std::size_t> order;
    std::vector<std::size_t> rank(drafts_.size(), no_stage);
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      const std::size_t first_new = order.size();
      for (std::size_t at = i; at != no_stage && rank[at] == no_stage; at = drafts_[at].node.from) {
        rank[at] = 0;  // Taken; its final rank follows.
        order.push_back(at);
      }
      std::reverse(order.begin() + static_cast<std::ptrdiff_t>(first_new), order.end());
      for (std::size_t k = first_new; k < order.size(); ++k) rank[order[k]] = k;
    }
    std::vector<StageNode> nodes;
    for (const std::size_t i : order) {
      nodes.push_back(std::move(drafts_[i].node));
      if (nodes.back().from != no_stage) nodes.back().from = rank[nodes.back().from];
    }
    return nodes;
  }

 private:
  void fault(std::string place, std::string text) { faults_.push_back({std::move(place), std::move(text)}); }

  bool is(std::size_t i, StageKind kind) const {
    return drafts_[i].node.info != nullptr && kind_of(*drafts_[i].node.info) == kind;
  }

  void connect(std::size_t i) {
    StageDraft& draft = drafts_[i];
    if (is(i, StageKind::reader)) {
      if (draft.from) fault(draft.place, "a stage that reads takes nothing; leave \"from\" out");
    } else if (!draft.from) {
      // What an unknown stage takes is unknown, too.
      if (i > 0) draft.node.from = i - 1;
    } else if (!draft.node.id.empty() && *draft.from == draft.node.id) {
      fault(draft.place, "the stage is fed by itself; name another one in \"from\"");
      all_connected_ = false;
    } else {
      const auto feeder = std::find_if(drafts_.begin(), drafts_.end(),
                                       [&](const StageDraft& candidate) { return candidate.node.id == *draft.from; });
      if (feeder != drafts_.end() && !draft.from->empty()) {
        draft.node.from = static_cast<std::size_t>(feeder - drafts_.begin());
        return;
      }
      std::vector<std::string> ids;
      for (const StageDraft& other : drafts_) {
        if (&other != &draft && !other.node.id.empty()) ids.push_back(other.node.id);
      }
      fault(draft.place, "from: there is no stage " + shown_text(*draft.from) + suggest_name(*draft.from, ids));
      all_connected_ = false;
    }
  }

  // Every stage has one feeder at most, so following the feeders ends or goes round.
  void find_cycles() {
    std::vector<std::size_t> walk_of(drafts_.size(), no_stage);
    for (std::size_t start = 0; start < drafts_.size(); ++start) {
      std::size_t at = start;
      while (at != no_stage && walk_of[at] == no_stage) {
        walk_of[at] = start;
        at = drafts_[at].node.from;
      }
      if (at == no_stage || walk_of[at] != start) continue;
      std::vector<std::string> ids;
      for (std::size_t i = at; !in_cycle_[i]; i = drafts_[i].node.from) {
        in_cycle_[i] = true;
        ids.push_back(drafts_[i].node.id.empty() ? drafts_[i].place : drafts_[i].node.id);
      }
      std::reverse(ids.begin() + 1, ids.end());  // From the first on, in the order of feeding.
      fault("stages", list_names(ids) + " feed each other in a circle");
    }
  }

  void check_kinds(std::size_t i) {
    const StageNode& node = drafts_[i].node;
    if (node.info == nullptr || is(i, StageKind::reader) || in_cycle_[i]) return;
    const std::string takes = "takes " + std::string(taken_by(kind_of(*node.info))) + ", but ";
    if (node.from == no_stage) {
      if (!drafts_[i].from) fault(drafts_[i].place, takes + "is the first stage and has no \"from\"");
      return;
    }
    const StageDraft& feeder = drafts_[node.from];
    if (feeder.node.info == nullptr) return;
    const std::string_view given = given_by(kind_of(*feeder.node.info));
    if (given == taken_by(kind_of(*node.info))) return;
    std::string text = takes + feeder.place + " gives " + std::string(given.empty() ? "nothing" : given);
    if (!drafts_[i].from) text += "; name the stage that feeds it in \"from\"";
    fault(drafts_[i].place, std::move(text));
  }

  // Whether one stage reads, at least one writes, and everything between goes somewhere.
  void check_ends() {
    std::size_t reader = no_stage;
    bool writes = false;
    bool all_known = true;
    std::vector<bool> is_taken(drafts_.size(), false);
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      const StageDraft& draft = drafts_[i];
      all_known = all_known && draft.node.info != nullptr;
      writes = writes || is(i, StageKind::writer);
      if (draft.node.from != no_stage) is_taken[draft.node.from] = true;
      if (!is(i, StageKind::reader)) continue;
      if (reader == no_stage) {
        reader = i;
      } else {
        fault(draft.place, "a definition has one stage that reads, and " + drafts_[reader].place + " is one already");
      }
    }
    // An unknown stage could be what seems to be missing.
    if (!all_known) return;
    if (reader == no_stage) fault("stages", "no stage reads; add one such as make_sequences");
    if (!writes) fault("stages", "no stage writes; add one such as write_hdf5");
    if (!all_connected_) return;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      if (is_taken[i] || is(i, StageKind::writer)) continue;
      fault("stages", "nothing takes what " + drafts_[i].place + " gives; add a " +
                          (is(i, StageKind::reader) ? "draw stage" : "write stage"));
    }
  }

  std::vector<StageDraft>& drafts_;
  std::vector<Fault>& faults_;
  std::vector<bool> in_cycle_;
  bool all_connected_ = true;
};

}  // namespace

std::vector<StageNode> wire_stages(std::vector<StageDraft> drafts, std::vector<Fault>& faults) {
  Wiring wiring(drafts, faults);
  wiring.check();
  return wiring.take_in_order();
}

}  // namespace plotmill
