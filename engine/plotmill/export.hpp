// Marks what users of the shared library may link to. The library is compiled with everything else hidden.
#pragma once

#if defined(__GNUC__)
#define PLOTMILL_EXPORT __attribute__((visibility("default")))
#else
#define PLOTMILL_EXPORT
#endif
