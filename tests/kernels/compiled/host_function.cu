// Does not compile, and must not: device code calls a function that is the host's. See kernels/block/device_code.hpp.
#include <bit>

__global__ void find_lowest_one(unsigned word, int* place) { *place = std::countr_zero(word); }
