// What limits a run; the rules are in plotmill/report_page.hpp.
#include <algorithm>
#include <cmath>
#include <vector>

#include "plotmill/report_page.hpp"

namespace plotmill {
namespace {

constexpr double least_seconds = 0.5;
constexpr double least_share = 0.8;
constexpr double least_lead = 0.1;

struct Candidate {
  std::string name;
  double share;
  std::string advice;
};

std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

std::string advice_for(const StageReport& stage) {
  if (stage.step == Step::read) {
    return "reading is the limit; input that is quicker to read, such as binary instead of text, would help, more "
           "threads would not";
  }
  if (stage.step == Step::commit) {
    return "storing is the limit; a faster disk or fewer bytes an image would help, more threads would not";
  }
  return "it works on one batch at a time and is the limit; a stage that may work on several would help";
}

std::vector<Candidate> candidates_of(const RunReport& report, std::size_t n_cores) {
  std::vector<Candidate> candidates;
  double workers_seconds = 0;
  const StageReport* busiest = nullptr;
  for (const StageReport& stage : report.stages) {
    const bool on_workers = stage.step == Step::draw || stage.step == Step::encode;
    if (on_workers) {
      workers_seconds += stage.busy_seconds;
      if (busiest == nullptr || stage.busy_seconds > busiest->busy_seconds) busiest = &stage;
    }
    // Where there is one thread in all, it is the workers' share that tells.
    if (!on_workers || (stage.threads == 1 && report.plan.threads > 1)) {
      candidates.push_back({"`" + stage.id + "`", stage.busy_seconds / report.seconds, advice_for(stage)});
    }
  }
  if (busiest == nullptr) return candidates;
  const std::size_t n_threads = std::max<std::size_t>(report.plan.threads, 1);
  std::string advice = "the processor is the limit, mostly with `" + busiest->id + "`; ";
  advice += n_threads < n_cores ? "run.threads could be " + std::to_string(n_cores) + ", as many as there are cores"
                                : "more cores would help, a faster disk would not";
  candidates.push_back({n_threads == 1 ? "The thread that draws and encodes"
                                       : "Each of the " + std::to_string(n_threads) + " threads that draw and encode",
                        workers_seconds / (report.seconds * static_cast<double>(n_threads)), advice});
  return candidates;
}

}  // namespace

std::string bottleneck_sentence(const RunReport& report, std::size_t n_cores) {
  if (report.images == 0 || report.seconds < least_seconds) return "The run was too short to tell what limits it.";
  std::vector<Candidate> candidates = candidates_of(report, n_cores);
  if (candidates.empty()) return "The report has no stage to compare.";
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.share > b.share; });
  const Candidate& first = candidates.front();
  if (first.share < least_share) {
    return "Balanced: nothing is busy more than " + percent(first.share) +
           " of the time; more batches in flight (run.memory) or fewer other programs on the machine may help.";
  }
  if (candidates.size() > 1 && first.share - candidates[1].share < least_lead) {
    return "Balanced: " + first.name + " is busy " + percent(first.share) + " of the time, " + candidates[1].name +
           " " + percent(candidates[1].share) + "; only what speeds up both would help.";
  }
  return first.name + " is busy " + percent(first.share) + " of the time: " + first.advice + ".";
}

}  // namespace plotmill
