// That the interpreter of PTX computes what PTX says.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

#include "kernels/ptx/small_kernel.hpp"

namespace plotmill::test::ptx {
namespace {

/// The word of thread 0 after `body`, which leaves it in %r3.
std::uint32_t word_of(const std::string& body) { return run(body + "st.global.u32 [%rd2], %r3;\n").front(); }

/// Of a float in %f3.
float float_of(const std::string& body) { return std::bit_cast<float>(word_of(body + "mov.b32 %r3, %f3;\n")); }

std::string literal(float value) {
  char text[16];
  std::snprintf(text, sizeof(text), "0f%08X", std::bit_cast<std::uint32_t>(value));
  return text;
}

float float_op(const std::string& opcode, float a, float b) {
  return float_of("mov.f32 %f1, " + literal(a) + ";\n" + opcode + " %f3, %f1, " + literal(b) + ";\n");
}

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("ptx: integers wrap, shift out and divide as PTX says") {
  CHECK(word_of("add.s32 %r3, 2147483647, 1;\n") == 0x80000000);
  CHECK(word_of("mul.lo.s32 %r3, -3, 5;\n") == static_cast<std::uint32_t>(-15));
  CHECK(word_of("mad.lo.s32 %r3, 3, 5, 7;\n") == 22);
  CHECK(word_of("div.u32 %r3, 4000000000, 3;\n") == 1333333333);
  CHECK(word_of("div.s32 %r3, -7, 2;\n") == static_cast<std::uint32_t>(-3));
  CHECK(word_of("shr.s32 %r3, -8, 40;\n") == 0xFFFFFFFF);
  CHECK(word_of("shr.u32 %r3, -8, 31;\n") == 1);
  CHECK(word_of("shl.b32 %r3, 1, 32;\n") == 0);
  CHECK(word_of("min.s32 %r3, -1, 1;\n") == 0xFFFFFFFF);
  CHECK(word_of("min.u32 %r3, -1, 1;\n") == 1);
  CHECK(word_of("mul.wide.u32 %rd3, -1, -1;\nshr.u64 %rd3, %rd3, 32;\ncvt.u32.u64 %r3, %rd3;\n") == 0xFFFFFFFE);
  CHECK(word_of("mov.b64 %rd3, {3, 7};\nshr.u64 %rd3, %rd3, 31;\ncvt.u32.u64 %r3, %rd3;\n") == 14);
  CHECK(word_of("mov.u64 %rd3, 30064771075;\nmov.b64 {%r3, %r4}, %rd3;\n") == 3);
  CHECK(word_of("mov.u64 %rd3, 30064771075;\nmov.b64 {%r4, %r3}, %rd3;\n") == 7);
  CHECK(word_of("mov.u16 %rs1, 65535;\nadd.s16 %rs1, %rs1, 2;\ncvt.u32.u16 %r3, %rs1;\n") == 1);
  CHECK(word_of("mov.u16 %rs1, 65535;\ncvt.s32.s16 %r3, %rs1;\n") == 0xFFFFFFFF);
  CHECK(word_of("popc.b32 %r3, 240;\n") == 4);
  CHECK(word_of("brev.b32 %r3, 1;\n") == 0x80000000);
  CHECK(word_of("bfind.shiftamt.u32 %r3, 8;\n") == 28);
  CHECK(word_of("bfind.shiftamt.u32 %r3, 0;\n") == 0xFFFFFFFF);
  CHECK(word_of("clz.b32 %r3, 8;\n") == 28);
  CHECK(word_of("prmt.b32 %r3, 305419896, 0, 17185;\n") == 0x00123456);
  CHECK(word_of("prmt.b32 %r3, 128, 0, 34952;\n") == 0xFFFFFFFF);
  CHECK(word_of("setp.lt.s32 %p1, -1, 1;\nselp.b32 %r3, 5, 6, %p1;\n") == 5);
  CHECK(word_of("setp.lt.u32 %p1, -1, 1;\nselp.b32 %r3, 5, 6, %p1;\n") == 6);
}

TEST_CASE("ptx: floats round once, keep what is denormal, and treat NaN, zeros and ends of ranges as PTX says") {
  CHECK(float_op("add.rn.f32", 0x1p24F, 1) == 0x1p24F);
  CHECK(float_op("div.rn.f32", 1, 3) == 1.0F / 3.0F);
  CHECK(float_op("mul.rn.f32", 0x1p-126F, 0.5F) == 0x1p-127F);
  CHECK(float_op("min.f32", nan, 2) == 2);
  CHECK(float_op("max.f32", 2, nan) == 2);
  CHECK(std::signbit(float_op("min.f32", 0.0F, -0.0F)));
  CHECK_FALSE(std::signbit(float_op("max.f32", -0.0F, 0.0F)));
  const auto rounded = [](const std::string& opcode, float a) {
    return word_of(opcode + " %r3, " + literal(a) + ";\n");
  };
  CHECK(rounded("cvt.rzi.s32.f32", -1.75F) == 0xFFFFFFFF);
  CHECK(rounded("cvt.rmi.s32.f32", -1.75F) == 0xFFFFFFFE);
  CHECK(rounded("cvt.rni.s32.f32", 2.5F) == 2);
  CHECK(rounded("cvt.rzi.s32.f32", inf) == 0x7FFFFFFF);
  CHECK(rounded("cvt.rzi.s32.f32", -inf) == 0x80000000);
  CHECK(rounded("cvt.rzi.u32.f32", -3) == 0);
  CHECK(rounded("cvt.rzi.s32.f32", nan) == 0);
  CHECK(float_of("cvt.sat.f32.f32 %f3, " + literal(1.5F) + ";\n") == 1);
  CHECK(float_of("cvt.sat.f32.f32 %f3, " + literal(nan) + ";\n") == 0);
  CHECK(float_of("sqrt.rn.f32 %f3, " + literal(2) + ";\n") == std::sqrt(2.0F));
  CHECK(float_of("mov.f64 %fd1, 0d3FB999999999999A;\ncvt.rn.f32.f64 %f3, %fd1;\n") == 0.1F);
  const auto is_true = [](const std::string& compare, float a, float b) {
    return word_of("setp." + compare + ".f32 %p1, " + literal(a) + ", " + literal(b) + ";\nselp.b32 %r3, 1, 0, %p1;\n");
  };
  CHECK(is_true("lt", nan, 1) == 0);
  CHECK(is_true("ltu", nan, 1) == 1);
  CHECK(is_true("ne", nan, 1) == 0);
  CHECK(is_true("neu", nan, 1) == 1);
  CHECK(is_true("geu", 1, 2) == 0);
}

TEST_CASE("ptx: lanes that part ways meet again, and shuffle and add up in either order") {
  // Threads with odd numbers add 100; then each adds what the lane two below, and the one beside it, has.
  const std::string body = R"(
	and.b32 %r3, %r1, 1;
	setp.eq.s32 %p1, %r3, 0;
	mov.u32 %r4, %r1;
	@%p1 bra $L_even;
	add.s32 %r4, %r4, 100;
$L_even:
	shfl.sync.up.b32 %r5|%p2, %r4, 2, 0, -1;
	selp.b32 %r5, %r5, 0, %p2;
	shfl.sync.bfly.b32 %r6|%p3, %r4, 1, 31, -1;
	add.s32 %r5, %r5, %r6;
	st.global.u32 [%rd2], %r5;
)";
  const auto own = [](std::uint32_t i) { return i + i % 2 * 100; };
  for (const Order order : {Order::warps, Order::lanes}) {
    const Words out = run(body, order);
    for (std::uint32_t i = 0; i < n_threads; ++i) {
      CHECK(out[i] == (i % 32 >= 2 ? own(i - 2) : 0) + own(i ^ 1U));
    }
  }
}

}  // namespace plotmill::test::ptx
