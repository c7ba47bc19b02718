// A GPU that executes PTX on the calling thread, one block after another, and finds what no kernel may do.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/ptx/block.hpp"
#include "support/ptx/fault.hpp"
#include "support/ptx/memory.hpp"
#include "support/ptx/program.hpp"

namespace plotmill::test::ptx {

/// How much of a kernel was executed, in all launches.
struct KernelUse {
  std::string name;
  std::uint64_t n_warp_instructions;
  std::size_t n_statements, n_statements_executed;
};

class Machine {
 public:
  /// Makes all kernels of the text ready. Throws Fault where one has what is not known.
  explicit Machine(std::string_view text);

  /// Addresses are the host's: what a pointer among the arguments points to is declared with the same address.
  [[nodiscard]] Memory& global() { return memories_.global; }

  /// How the blocks of later launches are run.
  void set_order(Order order, std::uint64_t seed) {
    order_ = order;
    random_.seed(seed);
  }

  /// Runs n_blocks of the one kernel whose mangled name holds `name`, each with the threads that it declares, and
  /// waits. Arguments are passed as the bytes that they are. Throws Fault.
  template <class... Arguments>
  void launch(std::string_view name, std::uint32_t n_blocks, std::uint64_t dynamic_shared_bytes,
              const Arguments&... arguments) {
    launch_bytes(name, n_blocks, dynamic_shared_bytes, {std::as_bytes(std::span(&arguments, 1))...});
  }

  [[nodiscard]] std::vector<KernelUse> use() const;
  /// All opcodes of which an instruction was executed, in order.
  [[nodiscard]] std::vector<std::string> opcodes_executed() const;

 private:
  struct Ready {
    Program program;
    std::vector<std::uint64_t> n_executed;
  };

  Ready& kernel(std::string_view name);
  void launch_bytes(std::string_view name, std::uint32_t n_blocks, std::uint64_t dynamic_shared_bytes,
                    const std::vector<std::span<const std::byte>>& arguments);

  std::vector<Ready> kernels_;
  Memories memories_;
  Phases phases_{2, 2, 2};
  Order order_ = Order::warps;
  std::mt19937_64 random_;
};

}  // namespace plotmill::test::ptx
