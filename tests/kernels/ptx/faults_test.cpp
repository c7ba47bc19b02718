// That the interpreter of PTX finds what no kernel may do, and nothing where all is well.
#include <doctest/doctest.h>

#include "kernels/ptx/small_kernel.hpp"

namespace plotmill::test::ptx {
namespace {

void check_both_orders(const std::string& body, const std::string& expected) {
  for (const Order order : {Order::warps, Order::lanes}) {
    CAPTURE(body);
    CHECK(doctest::String(fault_of(body, order).c_str()) == doctest::Contains(expected.c_str()));
  }
}

}  // namespace

TEST_CASE("ptx: atomic operations meet, and what lies before a barrier is seen behind it, in either order") {
  const std::string body = R"(
	mov.u32 %r3, 0;
	setp.ne.s32 %p1, %r1, 0;
	@%p1 bra $L_set;
	st.shared.u32 [words], %r3;
$L_set:
	bar.sync 0;
	mov.u32 %r4, words;
	atom.shared.add.u32 %r5, [%r4], %r1;
	bar.sync 0;
	ld.shared.u32 %r6, [words];
	st.global.u32 [%rd2], %r6;
)";
  for (const Order order : {Order::warps, Order::lanes}) CHECK(run(body, order) == Words(n_threads, 63 * 64 / 2));
  const std::string without_barrier = body.substr(0, body.rfind("bar.sync")) + body.substr(body.rfind("bar.sync") + 11);
  check_both_orders(without_barrier, "used with no barrier between");
}

TEST_CASE("ptx: local memory is each thread's own") {
  const Words out =
      run("mov.u64 %rd4, own;\nst.local.u32 [%rd4+4], %r1;\nld.local.u32 %r3, [%rd4+4];\n"
          "st.global.u32 [%rd2], %r3;\n");
  for (std::uint32_t i = 0; i < n_threads; ++i) CHECK(out[i] == i);
  check_both_orders("ld.local.u32 %r3, [own];\n", "never written");
}

TEST_CASE("ptx: what no kernel may do is found in either order, with the line") {
  check_both_orders("st.shared.u32 [words], %r1;\n", "writes byte 0 of words (shared memory), which thread");
  check_both_orders("st.global.u32 [%rd1], %r1;\n", "used with no barrier between");
  const std::string to_own_word = "mov.u32 %r3, words;\nadd.s32 %r4, %r3, %r2;\nst.shared.u32 [%r4], %r1;\n";
  const std::string from_next_word = "xor.b32 %r5, %r2, 4;\nadd.s32 %r4, %r3, %r5;\nld.shared.u32 %r6, [%r4];\n";
  CHECK(fault_of(to_own_word + from_next_word).find("thread 0 reads byte 4 of words (shared memory), which thread 1") !=
        std::string::npos);
  check_both_orders(to_own_word + "bar.sync 0;\n" + from_next_word + to_own_word, "which thread");
  for (const Order order : {Order::warps, Order::lanes}) {
    CHECK(fault_of(to_own_word + "bar.sync 0;\n" + from_next_word, order).empty());
  }
  check_both_orders("st.shared.u32 [words+256], %r1;\n", "writes out of bounds");
  check_both_orders("st.shared.u8 [words+-1], %r1;\n", "writes out of bounds");
  check_both_orders("st.shared.u32 [dynamic+64], %r1;\n", "writes out of bounds");
  check_both_orders("ld.global.u64 %rd4, [%rd1+252];\n", "reads out of bounds");
  check_both_orders("ld.shared.u32 %r3, [words];\n", "never written");
  check_both_orders("ld.global.u8 %r3, [%rd2+3];\n", "of out (global memory), which was never written");
  check_both_orders("st.shared.u32 [words+2], %r1;\n", "not aligned");
  check_both_orders("mov.u32 %r3, words;\nadd.s32 %r3, %r3, %r2;\nst.shared.v2.u32 [%r3], {%r1, %r1};\n",
                    "not aligned");
  check_both_orders("setp.lt.u32 %p1, %r1, 40;\n@%p1 bra $L_on;\nbar.sync 0;\n$L_on:\n", "a barrier that is divergent");
  check_both_orders("setp.lt.u32 %p1, %r1, 32;\n@%p1 bra $L_a;\nbar.sync 0;\nbra $L_on;\n$L_a:\nbar.sync 0;\n$L_on:\n",
                    "a barrier that is divergent");
  check_both_orders("setp.eq.s32 %p1, %r1, 5;\n@%p1 bra $L_on;\nshfl.sync.bfly.b32 %r3|%p2, %r1, 1, 31, -1;\n$L_on:\n",
                    "waits for lanes that do not come");
  CHECK(fault_of("st.shared.u32 [words], %r1;\n").starts_with("line 24: st.shared.u32 [words], %r1;"));
}

TEST_CASE("ptx: blocks run side by side, each with its own shared memory, and may not touch what another one writes") {
  CHECK(fault_of("st.global.u32 [%rd2], %r1;\n", Order::warps, 2).find("another block") != std::string::npos);
  const std::string own_half =
      "mov.u32 %r3, %ctaid.x;\nsetp.ne.s32 %p1, %r3, 0;\n@%p1 bra $L_end;\n"
      "st.global.u32 [%rd2], %r1;\n$L_end:\n";
  CHECK(fault_of(own_half, Order::warps, 2).empty());
  const std::string first_writes =
      "mov.u32 %r3, %ctaid.x;\nsetp.ne.s32 %p1, %r3, 0;\nmov.u32 %r4, words;\n"
      "add.s32 %r4, %r4, %r2;\n@!%p1 st.shared.u32 [%r4], %r1;\nld.shared.u32 %r5, [%r4];\n";
  CHECK(fault_of(first_writes, Order::warps, 1).empty());
  CHECK(fault_of(first_writes, Order::warps, 2).find("never written") != std::string::npos);
}

TEST_CASE("ptx: an input is not written to") {
  CHECK_THROWS_WITH_AS((void)run("st.global.u32 [%rd2], %r1;\n", Order::warps, 1, Contents::read_only),
                       doctest::Contains("an input"), Fault);
}

TEST_CASE("ptx: what is not known is refused before anything is executed, with the line") {
  for (const auto& [line, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"fma.rn.f32 %f1, %f2, %f3, %f4;", "the opcode fma.rn.f32 is not known"},
           {"mul.f32 %f1, %f2, %f3;", "the opcode mul.f32 is not known"},
           {"add.rn.ftz.f32 %f1, %f2, %f3;", "the opcode add.rn.ftz.f32 is not known"},
           {"div.approx.f32 %f1, %f2, %f3;", "is not known"},
           {"ld.u32 %r3, [%rd1];", "is not known"},
           {"add.s32 %r3, %r1;", "2 operands, where 3 are known"},
           {"add.s32 %r3, %r1, %r9;", "there is no register %r9"},
           {"add.s32 %r3, %r1, %rd1;", "%rd1 is of another width"},
           {"add.s32 %r3, %r1, other;", "'other' is neither a variable nor a number"},
           {"bra $L_nowhere;", "there is no label $L_nowhere"},
           {"bar.sync 1;", "of barriers only 0 is known"},
           {"add.s32 %r3, %r1, 1", "is not one whole statement"},
           {".const .b8 table[4];", "not known within a kernel"}}) {
    CHECK_THROWS_WITH_AS(Machine(kernel(std::string(line) + "\n")),
                         doctest::Contains(("line 24: " + std::string(line)).c_str()), Fault);
    CHECK_THROWS_WITH_AS(Machine(kernel(std::string(line) + "\n")), doctest::Contains(words), Fault);
  }
  CHECK_THROWS_AS(Machine(".func f()\n"), Fault);
  CHECK_THROWS_WITH_AS(Machine(kernel("")).launch("try_it", 1, 0, 4), doctest::Contains("has 8 bytes"), Fault);
}

TEST_CASE("ptx: a program that does not end is told from one that does") {
  const std::string count = "mov.u32 %r3, 0;\n$L_again:\nadd.s32 %r3, %r3, 1;\nsetp.lt.u32 %p1, %r3, 1000;\n";
  CHECK(fault_of(count + "@%p1 bra $L_again;\n").empty());
  CHECK(fault_of(count + "bra $L_again;\n").find("does not end") != std::string::npos);
}

}  // namespace plotmill::test::ptx
