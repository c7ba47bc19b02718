// Which libjpeg this is.
// jpeglib.h needs what <cstdio> declares, so it comes after.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include "plotmill/build_info.hpp"

#define PLOTMILL_TEXT_OF(name) #name
#define PLOTMILL_TEXT(name) PLOTMILL_TEXT_OF(name)

namespace plotmill {

LibraryVersion jpeg_library() {
#ifdef LIBJPEG_TURBO_VERSION
  return {"libjpeg-turbo", PLOTMILL_TEXT(LIBJPEG_TURBO_VERSION), std::nullopt};
#else
  return {"libjpeg", PLOTMILL_TEXT(JPEG_LIB_VERSION), std::nullopt};
#endif
}

}  // namespace plotmill
