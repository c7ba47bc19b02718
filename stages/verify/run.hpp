// What all parts of a verification share.
#pragma once

#include <cstdint>
#include <functional>

#include "plotmill/error.hpp"
#include "stages/verify/findings.hpp"
#include "stages/verify/workers.hpp"

namespace plotmill {

struct VerifyRun {
  std::uint64_t sample = 0;  ///< As in VerifyOptions.
  std::function<bool(const VerifyProgress&)> on_progress;
  VerifyFindings findings;
  VerifyWorkers workers;

  VerifyRun(std::size_t n_threads, std::uint64_t n_sampled, std::function<bool(const VerifyProgress&)> progress)
      : sample(n_sampled), on_progress(std::move(progress)), workers(n_threads) {}

  /// To be called every few milliseconds by the thread that reads. Throws Error (cancelled).
  void keep_going() const {
    if (on_progress && !on_progress(findings.progress())) throw Error(ErrorKind::cancelled, "cancelled");
  }
};

}  // namespace plotmill
