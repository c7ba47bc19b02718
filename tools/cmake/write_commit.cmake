# Writes the source that holds the commit of a clone, where that has changed:
#   cmake -D ROOT=. -D FILE=commit.cpp -P write_commit.cmake
set(commit unknown)
find_program(GIT git)
if(GIT)
  # An empty prefix: ROOT is a clone of its own, and not a folder in that of something else.
  execute_process(COMMAND ${GIT} -C ${ROOT} rev-parse --show-prefix OUTPUT_VARIABLE prefix
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0 AND prefix STREQUAL "")
    execute_process(COMMAND ${GIT} --no-optional-locks -C ${ROOT} describe --always --dirty --abbrev=12 --exclude=*
                    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
    if(status EQUAL 0)
      set(commit ${described})
    endif()
  endif()
endif()

file(CONFIGURE OUTPUT ${FILE} @ONLY CONTENT [[
#include "engine/version/commit.hpp"

namespace plotmill {
std::string_view build_commit() noexcept { return "@commit@"; }
}  // namespace plotmill
]])
