#include "support/ptx/machine.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace plotmill::test::ptx {
namespace {

/// Memory of the space's own for variables that a kernel declares.
class OwnMemory {
 public:
  explicit OwnMemory(Memory& space) : space_(space) { space_.clear(); }

  std::vector<std::byte>& add(const std::string& name, std::uint64_t address, std::uint64_t n_bytes,
                              Contents contents) {
    std::vector<std::byte>& bytes = bytes_.emplace_back(n_bytes, std::byte{0xA5});
    space_.add(name, address, bytes.data(), n_bytes, contents);
    return bytes;
  }

 private:
  Memory& space_;
  std::vector<std::vector<std::byte>> bytes_;
};

}  // namespace

Machine::Machine(std::string_view text) {
  const Module module = parse(text);
  for (const Kernel& kernel : module.kernels) kernels_.push_back({make_program(module, kernel), {}});
}

Machine::Ready& Machine::kernel(std::string_view name) {
  const auto has_name = [=](const Ready& ready) { return ready.program.kernel.name.find(name) != std::string::npos; };
  if (const auto n = std::ranges::count_if(kernels_, has_name); n != 1) {
    throw Fault(std::to_string(n) + " kernels have " + std::string(name) + " in their names, not one");
  }
  return *std::ranges::find_if(kernels_, has_name);
}

void Machine::launch_bytes(std::string_view kernel_name, std::uint32_t n_blocks, std::uint64_t dynamic_shared_bytes,
                           const std::vector<std::span<const std::byte>>& arguments) {
  auto& [program, n_executed] = kernel(kernel_name);
  if (arguments.size() != program.params.size()) {
    throw Fault(program.kernel.name + " has " + std::to_string(program.params.size()) + " parameters");
  }
  OwnMemory params(memories_.param);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& [variable, address] = program.params[i];
    if (arguments[i].size() != variable.n_bytes) {
      throw Fault(variable.name + " has " + std::to_string(variable.n_bytes) + " bytes, the argument " +
                  std::to_string(arguments[i].size()));
    }
    std::ranges::copy(arguments[i], params.add(variable.name, address, variable.n_bytes, Contents::read_only).begin());
  }
  OwnMemory shared(memories_.shared);
  for (const auto& [variable, address] : program.shared) {
    shared.add(variable.name, address, variable.n_bytes, Contents::unwritten);
  }
  shared.add("dynamic shared memory", program.dynamic_shared_address, dynamic_shared_bytes, Contents::unwritten);
  OwnMemory local(memories_.local);
  for (const auto& [variable, address] : program.local) {
    for (std::uint64_t thread = 0; thread < program.kernel.n_threads; ++thread) {
      const std::string name = variable.name + " of thread " + std::to_string(thread);
      local.add(name, address + thread * local_stride, variable.n_bytes, Contents::unwritten);
    }
  }
  phases_.launch = phases_.now + 1;
  Block block(program, memories_, n_executed);
  for (std::uint32_t i = 0; i < n_blocks; ++i) block.run(i, n_blocks, order_, random_, phases_);
}

std::vector<KernelUse> Machine::use() const {
  std::vector<KernelUse> all;
  for (const auto& [program, n_executed] : kernels_) {
    const std::size_t n = program.kernel.statements.size();
    const auto n_not = std::ranges::count(
        n_executed.begin(), n_executed.begin() + static_cast<std::ptrdiff_t>(std::min(n, n_executed.size())), 0U);
    all.push_back({program.kernel.name, std::accumulate(n_executed.begin(), n_executed.end(), std::uint64_t{0}), n,
                   n_executed.empty() ? 0 : n - static_cast<std::size_t>(n_not)});
  }
  return all;
}

std::vector<std::string> Machine::opcodes_executed() const {
  std::set<std::string> opcodes;
  for (const auto& [program, n_executed] : kernels_) {
    for (std::size_t i = 0; i < program.kernel.statements.size() && i < n_executed.size(); ++i) {
      if (n_executed[i] > 0) opcodes.insert(program.kernel.statements[i].opcode);
    }
  }
  return {opcodes.begin(), opcodes.end()};
}

}  // namespace plotmill::test::ptx
