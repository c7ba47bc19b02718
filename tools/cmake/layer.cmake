# What every target of the project is compiled with, and the function that makes a layer.

add_library(plotmill_flags INTERFACE)
target_compile_features(plotmill_flags INTERFACE cxx_std_20)
# Equal bytes on every machine: a contracted multiply-add rounds once where the definition rounds twice.
target_compile_options(plotmill_flags INTERFACE -ffp-contract=off -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow)
# GCC 12 warns of `"text" + std::string` (its bug 105651, mended in 13) and of copies of a variant of std::function at -O3
# where nothing is wrong.
target_compile_options(plotmill_flags INTERFACE
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict;-Wno-maybe-uninitialized>")
if(PLOTMILL_WERROR)
  target_compile_options(plotmill_flags INTERFACE -Werror)
endif()
if(CMAKE_UNITY_BUILD)
  # A name of one file's own is no shadow of another's.
  target_compile_options(plotmill_flags INTERFACE -Wno-shadow)
endif()
if(PLOTMILL_SANITIZE)
  # vptr: oneTBB 2021.8 casts a task of its flow graph down after destroying it (graph_task::destruct_and_deallocate).
  target_compile_options(plotmill_flags INTERFACE -fsanitize=${PLOTMILL_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
                                               -fno-omit-frame-pointer)
  target_link_options(plotmill_flags INTERFACE -fsanitize=${PLOTMILL_SANITIZE})
endif()
if(PLOTMILL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "PLOTMILL_FUZZ needs clang, which brings libFuzzer; the preset fuzz has it")
  endif()
  # What libFuzzer steers by: which branches an input takes.
  target_compile_options(plotmill_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A layer is an object library that is given only its own dependencies:
#   plotmill_layer(NAME SOURCES ... USES ...)
function(plotmill_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_library(${name} OBJECT ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                                           VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE plotmill_flags ${arg_USES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/engine)
endfunction()
