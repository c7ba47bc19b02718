# Compiles through ccache where it is installed, however the build is called: what was compiled before, in this clone or in
# another folder, is not compiled again. It needs no settings of its own, and leaves those of others alone.
option(PLOTMILL_CCACHE "Compile through ccache where there is one" ON)

find_program(PLOTMILL_CCACHE_COMMAND ccache)
mark_as_advanced(PLOTMILL_CCACHE_COMMAND)
if(PLOTMILL_CCACHE AND PLOTMILL_CCACHE_COMMAND AND PROJECT_IS_TOP_LEVEL)
  # Paths below the clone's root count as relative, also in what debuggers read, and the folder of the build does not count
  # at all.
  add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>")
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${PLOTMILL_CCACHE_COMMAND})
  foreach(language C CXX CUDA)
    # One that was asked for stays.
    if(NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER ${launcher})
    endif()
  endforeach()
endif()
