// Runs code once for each instruction set that this machine has and that the kernels are built for, plain code last.
#pragma once

#include <hwy/highway.h>

#include <string>

namespace plotmill::test {

/// Bits of hwy/detect_targets.h. Kernels and tests are built with the same set of targets.
[[nodiscard]] inline std::int64_t simd_targets() { return (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET; }

/// Calls run(name) with all kernels set to each target in turn; the machine's best again afterwards. Returns the names.
template <class Function>
std::string for_each_simd_target(Function run) {
  struct Restore {
    ~Restore() { choose(0); }
    static void choose(std::int64_t targets) {
      hwy::SetSupportedTargetsForTest(targets);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
  };
  std::string names;
  const Restore restore;
  std::int64_t left = simd_targets();
  while (left != 0) {
    const std::int64_t target = left & -left;
    left &= left - 1;
    Restore::choose(target);
    const std::string name = hwy::TargetName(target);
    names += (names.empty() ? "" : " ") + name;
    run(name);
  }
  return names;
}

}  // namespace plotmill::test
