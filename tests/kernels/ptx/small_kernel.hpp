// Programs of a few lines for the interpreter of PTX.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/ptx/machine.hpp"

namespace plotmill::test::ptx {

using Words = std::vector<std::uint32_t>;

inline constexpr std::uint32_t n_threads = 64;

/// A kernel of two warps with the parameter `out`, whose address is in %rd1, and each thread's number in %r1 and, times
/// four, in %r2 and in %rd2 as its place in `out`.
[[nodiscard]] inline std::string kernel(const std::string& body) {
  return R"(
.version 9.0
.target sm_75
.address_size 64
.shared .align 4 .b8 words[256];
.extern .shared .align 16 .b8 dynamic[];
.visible .entry try_it(
	.param .u64 try_it_param_0
)
.maxntid 64, 1, 1
{
	.reg .pred 	%p<5>;
	.reg .b16 	%rs<5>;
	.reg .f32 	%f<9>;
	.reg .b32 	%r<9>;
	.reg .f64 	%fd<5>;
	.reg .b64 	%rd<9>;
	.local .align 4 .b8 	own[8];
	ld.param.u64 	%rd1, [try_it_param_0];
	mov.u32 	%r1, %tid.x;
	shl.b32 	%r2, %r1, 2;
	cvt.u64.u32 	%rd3, %r2;
	add.s64 	%rd2, %rd1, %rd3;
)" + body +
         "\tret;\n}\n";
}

/// What each thread has stored in its word.
[[nodiscard]] inline Words run(const std::string& body, Order order = Order::warps, std::uint32_t n_blocks = 1,
                               Contents contents = Contents::unwritten) {
  Machine machine(kernel(body));
  machine.set_order(order, 7);
  Words out(n_threads);
  auto* const data = out.data();
  machine.global().add("out", reinterpret_cast<std::uintptr_t>(data), reinterpret_cast<std::byte*>(data),
                       out.size() * sizeof(std::uint32_t), contents);
  machine.launch("try_it", n_blocks, 64, data);
  return out;
}

/// What it says of a body in either order; empty where it finds nothing.
[[nodiscard]] inline std::string fault_of(const std::string& body, Order order = Order::warps,
                                          std::uint32_t n_blocks = 1) {
  try {
    (void)run(body, order, n_blocks);
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

}  // namespace plotmill::test::ptx
