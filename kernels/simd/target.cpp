// The instruction set that is chosen on this machine.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/target.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "plotmill/build_info.hpp"

HWY_BEFORE_NAMESPACE();
namespace plotmill::kernels::HWY_NAMESPACE {

const char* NameOfTarget() { return hwy::TargetName(HWY_TARGET); }

}  // namespace plotmill::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace plotmill {
namespace kernels {
namespace {

HWY_EXPORT(NameOfTarget);

const char* name_of_target() { return HWY_DYNAMIC_DISPATCH(NameOfTarget)(); }

}  // namespace
}  // namespace kernels

std::string_view simd_target() { return kernels::name_of_target(); }

}  // namespace plotmill
#endif
