// Marks functions that kernels for the GPU call.
#pragma once

#ifdef __CUDACC__
#define PLOTMILL_DEVICE __device__
#else
/// Code for the GPU as well where nvcc compiles it. Everywhere else a function like any other.
#define PLOTMILL_DEVICE
#endif
