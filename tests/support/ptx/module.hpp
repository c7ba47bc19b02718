// A PTX text, taken apart as nvcc writes it: one statement a line. What it does not know is a Fault with the line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace plotmill::test::ptx {

/// A parameter, or an array of shared or local memory.
struct Variable {
  std::string name;
  std::uint64_t alignment, n_bytes;
};

/// `@guard opcode operands;` with the operands in their order, whatever stands between them.
struct Statement {
  int line;
  std::string text;
  std::string guard;  ///< Name of a predicate; empty without one.
  bool guard_negated;
  std::string opcode;
  std::vector<std::string> operands;
};

/// Registers whose names are a prefix and a number, or the one register of that name.
struct RegisterRange {
  std::string type;  ///< As declared: pred, b16, b32, f32, b64, f64.
  std::uint32_t n;
};

struct Kernel {
  std::string name;
  std::uint32_t n_threads = 0;  ///< Of a block, as the kernel declares it (__launch_bounds__).
  std::vector<Variable> params, shared, local;
  std::map<std::string, RegisterRange> registers;  ///< By prefix.
  std::map<std::string, std::uint32_t> labels;     ///< Index of the statement that follows.
  std::vector<Statement> statements;
};

struct Module {
  std::vector<Variable> shared;
  std::string dynamic_shared;  ///< The array whose size a launch tells; empty where there is none.
  std::vector<Kernel> kernels;
};

[[nodiscard]] Module parse(std::string_view text);

}  // namespace plotmill::test::ptx
