// Executes what nvcc made of the kernels: compiled_kernels FILE.ptx [SEED]. Ends with 1 where anything differs from
// what the CPU draws, or a kernel does what none may.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "kernels/compiled/run_block_use.hpp"
#include "kernels/compiled/run_case.hpp"

namespace plotmill::test {
namespace {

constexpr std::uint32_t in_shared_memory = 96 * 1024;
constexpr std::uint32_t in_device_memory = 0;
constexpr int n_random_cases = 500;

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Checks {
 public:
  Checks(const std::string& text, std::uint64_t seed) : text_(text), machine_(text), random_(seed) {}

  void check(const CompiledCase& one) {
    // Every third in an order of single lanes, which takes long, and longest where many points share a column.
    const bool small = one.options.width * one.options.height < 20'000 && one.n_points <= 65;
    const bool by_lanes = small && ++n_small_ % 3 == 0;
    machine_.set_order(by_lanes ? ptx::Order::lanes : ptx::Order::warps, random_());
    ++n_cases_;
    n_images_ += one.series().n_series;
    const std::uint32_t shared_bytes = n_cases_ % 3 == 0 ? in_device_memory : in_shared_memory;
    const std::string wrong = run_case(machine_, one, shared_bytes);
    if (wrong.empty()) return;
    constexpr std::uint64_t most_told = 20;
    if (++n_unequal_ > most_told) return;
    std::printf("%s%s%s: %s\n", one.name.c_str(), by_lanes ? ", by lanes" : "",
                shared_bytes == 0 ? ", in device memory" : "", wrong.c_str());
  }

  void check_all() {
    for (const CompiledCase& one : edge_cases()) check(one);
    for (int i = 0; i < n_random_cases; ++i) check(random_case(random_));
  }

  /// Prints what was done; true if nothing was unequal and every kernel was executed.
  bool report() const {
    std::printf("%llu cases, %llu images: %llu equal, %llu unequal\n", n_cases_, n_images_, n_cases_ - n_unequal_,
                n_unequal_);
    const std::vector<std::string> opcodes = machine_.opcodes_executed();
    std::printf("%zu opcodes:", opcodes.size());
    for (const std::string& opcode : opcodes) std::printf(" %s", opcode.c_str());
    std::printf("\n");
    bool all_executed = true;
    for (const ptx::KernelUse& kernel : machine_.use()) {
      std::printf("%s: %zu of %zu statements executed\n", kernel.name.c_str(), kernel.n_statements_executed,
                  kernel.n_statements);
      all_executed &= kernel.n_statements_executed > 0;
    }
    if (!all_executed) std::printf("a kernel was not executed at all\n");
    return n_unequal_ == 0 && all_executed;
  }

  /// What a chart takes, which is counted with every thread of a warp in step.
  bool count_reference() const {
    constexpr std::size_t n_charts = 8;
    ptx::Machine machine(text_);
    const std::string wrong = run_case(machine, reference_case(n_charts), in_shared_memory);
    std::printf("executed warp instructions a chart, 800x500, 100 points, 1.4 px:");
    for (const ptx::KernelUse& kernel : machine.use()) {
      if (kernel.n_warp_instructions == 0) continue;
      for (const char* name : {"measure_images", "place_batch", "write_images", "fill_bandsIh", "fill_bandsIf"}) {
        if (kernel.name.find(name) == std::string::npos) continue;
        std::printf(" %s %llu", name, static_cast<unsigned long long>(kernel.n_warp_instructions / n_charts));
      }
    }
    std::printf("\n%s", wrong.c_str());
    return wrong.empty();
  }

 private:
  std::string text_;
  ptx::Machine machine_;
  Random random_;
  unsigned long long n_cases_ = 0, n_images_ = 0, n_unequal_ = 0, n_small_ = 0;
};

}  // namespace
}  // namespace plotmill::test

int main(int argc, char** argv) try {
  using namespace plotmill::test;
  if (argc < 3) {
    std::fprintf(stderr, "usage: compiled_kernels DEVICE.ptx BLOCK_USE.ptx [SEED]\n");
    return 2;
  }
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : std::random_device{}();
  std::printf("%s, seed %llu\n", argv[1], static_cast<unsigned long long>(seed));
  const std::string wrong_block = run_block_use(text_of(argv[2]));
  if (!wrong_block.empty()) std::printf("block_use.cu: %s\n", wrong_block.c_str());
  Checks checks(text_of(argv[1]), seed);
  checks.check_all();
  const bool is_right = checks.report();
  return checks.count_reference() && is_right && wrong_block.empty() ? 0 : 1;
} catch (const plotmill::test::ptx::Fault& fault) {
  std::printf("%s\n", fault.what());
  return 1;
}
